"""The parts of an analysis: what each is called, what may be set, and where it is computed."""

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from training.analysis_data import Source

Options = dict[str, float]
Tick = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Option:
    """A number that one may set, low..high."""

    usual: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Found:
    """Something at one item (or at one `turn` of it); a higher score is a stronger finding."""

    kind: str
    item: UUID
    score: float
    turn: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """data: JSON, figures for the page; findings: as many as there are, taken one by one."""

    data: dict[str, Any]
    findings: Iterable[Found] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """`module` has `run(source, options, tick) -> Outcome`; it is imported by the worker alone.

    version: goes up when the same data gives something else. weight: its share of the time, for "time left".
    """

    name: str
    module: str
    version: int = 1
    weight: float = 1.0
    options: Mapping[str, Option] = field(default_factory=dict)

    def run(self, source: Source, options: Options, tick: Tick) -> Outcome:
        outcome: Outcome = importlib.import_module(self.module).run(source, options, tick)
        return outcome

    def key(self, data_hash: str, options: Options) -> str:
        """64 hex digits; equal exactly for what comes out the same."""
        told = json.dumps([data_hash, self.name, self.version, options, settings.BASE_MODEL], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


PARTS: dict[str, Part] = {}
# What a page shows beside the parts themselves, and the part that it reads.
VIEWS = {"questions": "topics", "courses": "topics", "distributions": "topics"}


def part_of(name: str) -> str | None:
    """The part that a page of this name shows; None where there is no such page."""
    return name if name in PARTS else VIEWS.get(name)


def full_options(given: Mapping[str, Any]) -> dict[str, Options]:
    """Every part's options, the usual ones where nothing is given. Raises Invalid with pointers."""
    problems = [
        Problem(f"/options/{name}", "unknown", _("There is no such part."))
        for name in set(given) - set(PARTS)
    ]
    found: dict[str, Options] = {}
    for part in PARTS.values():
        asked = given.get(part.name) or {}
        found[part.name] = {name: one.usual for name, one in part.options.items()}
        if not isinstance(asked, Mapping):
            detail = _("Give an object with options and numbers, such as {“%s”: %g}.")
            problems.append(Problem(f"/options/{part.name}", "type", detail % _example(part)))
            continue
        for name, value in asked.items():
            if problem := _problem(part, name, value):
                problems.append(problem)
            else:
                found[part.name][name] = float(value)
    if problems:
        raise Invalid(_("An analysis cannot be made like this."), problems=problems)
    return found


def _example(part: Part) -> tuple[str, float]:
    name, option = next(iter(part.options.items()))
    return name, option.usual


def _problem(part: Part, name: str, value: object) -> Problem | None:
    pointer, option = f"/options/{part.name}/{name}", part.options.get(name)
    if option is None:
        return Problem(pointer, "unknown", _("There is no such option."))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Problem(pointer, "type", _("Give a number."))
    if not option.low <= value <= option.high:
        limits = {"low": f"{option.low:g}", "high": f"{option.high:g}"}
        return Problem(pointer, "range", _("Give a number from %(low)s to %(high)s.") % limits)
    return None


for _part in (
    Part(
        "cleaning",
        "training.cleaning",
        weight=2.0,
        options={
            "near": Option(0.85, 0.7, 1.0),
            "short": Option(3, 1, 1000),
            "recurring": Option(0.02, 0.001, 1.0),
            "sure": Option(0.9, 0.5, 1.0),
            "far": Option(4.0, 1.0, 20.0),
        },
    ),
    Part("label_errors", "training.label_errors", options={"folds": Option(5, 2, 10)}),
    Part("topics", "training.finding_topics", version=2, weight=3.0, options={"afresh": Option(0, 0, 1)}),
):
    PARTS[_part.name] = _part
