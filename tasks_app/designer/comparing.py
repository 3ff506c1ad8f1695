"""What changed between two versions of a schema, and what it means for older answers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Words and colours for people; neither an answer nor a model knows them.
_LOOKS = {"title", "title_zh", "help", "help_zh", "low", "low_zh", "high", "high_zh", "color"}
# Another value of these may make an answer wrong that was right.
_NARROWING = {
    "type", "scope", "multi", "required", "speakers", "overlapping", "min", "max", "step", "max_length",
    "top", "from", "to", "from_labels", "to_labels", "directed",
}  # fmt: skip

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Detail:
    """One option of a field, or of one of its labels, before and after; None where it was not there."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One field. `kind`: added, removed, changed or moved; `effect` chooses what is said about answers.

    Effects: new (older answers have no value), gone (values stay where they are), looks (nothing), wider (fit
    with less to choose from), narrower (some may not fit), other (another type).
    """

    field: str
    title: str
    kind: str
    effect: str
    details: tuple[Detail, ...] = ()
    labels_added: tuple[str, ...] = ()
    labels_removed: tuple[str, ...] = ()


def compare(older: Sequence[Config], newer: Sequence[Config]) -> list[Change]:
    """In the newer version's order, what was removed at the end. A field is the same while its name is."""
    before = {field["name"]: field for field in older}
    after = {field["name"]: field for field in newer}
    changes = [
        _changed(before[name], field) if name in before else Change(name, _title(field), "added", "new")
        for name, field in after.items()
    ]
    moved = _moved(list(before), list(after))
    shown = [
        Change(one.field, one.title, "moved", "looks") if one.kind == "same" and one.field in moved else one
        for one in changes
    ]
    gone = [Change(n, _title(f), "removed", "gone") for n, f in before.items() if n not in after]
    return [one for one in shown if one.kind != "same"] + gone


def _title(field: Config) -> str:
    return str(field.get("title") or field["name"])


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Fields of both whose order among these is not what it was."""
    kept = [name for name in before if name in after]
    now = [name for name in after if name in before]
    return {name for name, other in zip(now, kept, strict=True) if name != other}


def _changed(before: Config, after: Config) -> Change:
    keys = dict.fromkeys((*before, *after))
    details = [
        Detail(key, before.get(key), after.get(key))
        for key in keys
        if key not in {"name", "labels"} and before.get(key) != after.get(key)
    ]
    old, new = _labels(before), _labels(after)
    added = tuple(name for name in new if name not in old)
    removed = tuple(name for name in old if name not in new)
    details += [
        Detail(f"{name}.{key}", old[name].get(key), new[name].get(key))
        for name in new
        if name in old
        for key in ("title", "title_zh", "color")
        if old[name].get(key) != new[name].get(key)
    ]
    same = not details and not added and not removed
    effect = _effect({detail.key for detail in details}, added, removed)
    kind = "same" if same else "changed"
    return Change(after["name"], _title(after), kind, effect, tuple(details), added, removed)


def _effect(keys: set[str], added: Sequence[str], removed: Sequence[str]) -> str:
    if "type" in keys:
        return "other"
    if removed or keys & _NARROWING:
        return "narrower"
    if added:
        return "wider"
    return "looks"


def _labels(field: Config) -> dict[str, dict[str, Any]]:
    found = ({"name": one} if isinstance(one, str) else dict(one) for one in field.get("labels") or ())
    return {one["name"]: one for one in found}
