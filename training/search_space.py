"""What a search may try: sensible ranges for each head, and a person's own, checked with pointers."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from training.engine.config import FitConfig
from training.models import Search
from training.recipes import SETTINGS, refusal

TRIALS, MOST_TRIALS, MOST_MINUTES = 20, 1000, 7 * 24 * 60
# Where and how long it runs, and what is measured, are no matters of taste.
FIXED = {
    "head", "seed", "device", "threads", "processes", "precision", "log_every", "checkpoint_steps",
    "checkpoint_seconds", "metric",
}  # fmt: skip
_KNOWN = {"trials", "minutes", "space", "pruner", "final", "name", "seed"}
_COMMON: dict[str, dict[str, Any]] = {
    "learning_rate": {"low": 3e-5, "high": 1e-3, "log": True},
    "head_learning_rate": {"low": 3e-4, "high": 1e-2, "log": True},
    "epochs": {"low": 3, "high": 12},
    "batch_examples": {"choices": [8, 16, 32, 64]},
    "warmup_share": {"low": 0.0, "high": 0.3},
    "weight_decay": {"low": 1e-4, "high": 1e-1, "log": True},
    "dropout": {"low": 0.0, "high": 0.3},
}
_LABELLED = {"class_weights": {"choices": ["none", "balanced"]}}
_BY_HEAD: dict[str, dict[str, dict[str, Any]]] = {
    "choice": {"label_smoothing": {"low": 0.0, "high": 0.2}, **_LABELLED},
    "span": _LABELLED,
}
# A decoder is tuned gently, and few epochs go a long way.
_REPLACED: dict[str, dict[str, dict[str, Any]]] = {
    "text": {"learning_rate": {"low": 1e-5, "high": 5e-4, "log": True}, "epochs": {"low": 1, "high": 4}}
}
_TYPES = {entry.name: entry.type for entry in dataclass_fields(FitConfig)}


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchPlan:
    """A search as it was asked for, with everything that was left out filled in."""

    trials: int = TRIALS
    minutes: float | None = None
    space: dict[str, dict[str, Any]]
    pruner: str = Search.Pruner.MEDIAN
    final: bool = True
    name: str = ""
    seed: int = 13


def default_space(head: str) -> dict[str, dict[str, Any]]:
    """Ranges around the starter recipe: rates on a logarithmic scale, the rest evenly."""
    return {**_COMMON, **_BY_HEAD.get(head, {}), **_REPLACED.get(head, {})}


def read_search(raw: object, field: Mapping[str, Any]) -> SearchPlan:
    """The plan for `field` (its JSON). Raises Invalid with every problem; pointers such as
    "/search/space/learning_rate/low"."""
    if not isinstance(raw, Mapping):
        raise _invalid([Problem("/search", "type", _("Expected an object such as {“trials”: 20}."))])
    problems = [
        Problem(
            f"/search/{name}", "unknown_setting", _("No such setting. Known: %s.") % ", ".join(sorted(_KNOWN))
        )
        for name in raw
        if name not in _KNOWN
    ]
    problems += _of_budget(raw)
    space = raw.get("space", default_space(field["type"]))
    problems += _of_space(space, field)
    if problems:
        raise _invalid(problems)
    return SearchPlan(**{**raw, "space": {name: dict(entry) for name, entry in space.items()}})


def _of_budget(raw: Mapping[str, Any]) -> list[Problem]:
    rules: list[tuple[str, bool, str]] = [
        ("trials", _is_number(raw.get("trials", 1), whole=True, low=1, high=MOST_TRIALS),
         _("A whole number from 1 to %d.") % MOST_TRIALS),
        ("minutes", raw.get("minutes") is None or _is_number(raw["minutes"], low=0.01, high=MOST_MINUTES),
         _("A number of minutes, a week at the most.")),
        ("pruner", raw.get("pruner", "none") in Search.Pruner.values,
         _("One of %s.") % ", ".join(Search.Pruner.values)),
        ("final", isinstance(raw.get("final", True), bool), _("True or false.")),
        ("name", isinstance(raw.get("name", ""), str) and len(raw.get("name", "")) <= 80,
         _("A name of 80 characters at the most.")),
        ("seed", _is_number(raw.get("seed", 0), whole=True, low=0, high=2**31 - 1),
         _("A whole number from 0.")),
    ]  # fmt: skip
    return [Problem(f"/search/{name}", "setting", detail) for name, good, detail in rules if not good]


def _of_space(space: object, field: Mapping[str, Any]) -> list[Problem]:
    if not isinstance(space, Mapping) or not space:
        detail = _("Expected an object with at least one setting to vary.")
        return [Problem("/search/space", "type", detail)]
    found: list[Problem] = []
    for name, entry in space.items():
        pointer = f"/search/space/{name}"
        if name not in SETTINGS or name in FIXED:
            found.append(Problem(pointer, "unknown_setting", _("This setting cannot be searched.")))
        elif not isinstance(entry, Mapping):
            detail = _("Expected {“low”: …, “high”: …} or {“choices”: […]}.")
            found.append(Problem(pointer, "type", detail))
        elif "choices" in entry:
            found += _of_choices(pointer, name, entry, field)
        else:
            found += _of_range(pointer, name, entry, field)
    return found


def _of_choices(pointer: str, name: str, entry: Mapping[str, Any], field: Mapping[str, Any]) -> list[Problem]:
    choices = entry["choices"]
    if not isinstance(choices, list) or len(choices) < 2 or set(entry) != {"choices"}:
        return [Problem(f"{pointer}/choices", "type", _("Expected a list of at least two values."))]
    return [
        Problem(f"{pointer}/choices/{index}", "setting", detail)
        for index, value in enumerate(choices)
        if (detail := _detail(field, name, value))
    ]


def _of_range(pointer: str, name: str, entry: Mapping[str, Any], field: Mapping[str, Any]) -> list[Problem]:
    whole = _TYPES[name] is int
    if _TYPES[name] not in (int, float):
        detail = _("This setting has no range; name its choices.")
        return [Problem(pointer, "type", detail)]
    found = [
        Problem(f"{pointer}/{key}", "unknown_setting", _("Known: %s.") % "low, high, log, step")
        for key in entry
        if key not in {"low", "high", "log", "step"}
    ]
    found += [
        Problem(f"{pointer}/{key}", "setting", detail)
        for key in ("low", "high")
        if (detail := _detail(field, name, entry.get(key)))
    ]
    if found:
        return found
    if entry["low"] >= entry["high"]:
        found.append(Problem(f"{pointer}/high", "order", _("Must be more than “low”.")))
    if not isinstance(entry.get("log", False), bool) or (entry.get("log") and entry["low"] <= 0):
        found.append(Problem(f"{pointer}/log", "setting", _("True only for a range above zero.")))
    if "step" in entry and (
        entry.get("log") or not _is_number(entry["step"], whole=whole, low=1e-9, high=1e9)
    ):
        found.append(Problem(f"{pointer}/step", "setting", _("A number above zero, and not with “log”.")))
    return found


def _detail(field: Mapping[str, Any], name: str, value: object) -> str:
    """Why the engine would refuse this value of a setting; "" if it would not."""
    said = refusal({"head": field["type"], "field": dict(field), name: value})
    return said if said.startswith(f"{name} ") else ""


def _is_number(value: object, *, low: float, high: float, whole: bool = False) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high


def _invalid(problems: list[Problem]) -> Invalid:
    return Invalid(_("This search cannot be made."), problems=problems)
