"""A whole number on a scale, for the whole dialogue, for each turn, or for a pair of texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Self

from tasks_app.fields.base import BLANK, WHOLE, Field, Judged, Payload, Posteriors, turn_parts
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.marks import check_marks
from tasks_app.fields.problem import InvalidAnswer, Problem, said
from tasks_app.fields.strings import is_index

MOST_POINTS = 101  # 0 to 100 in steps of one
_FARTHEST = 1_000
_KEY = "value"
_WRITTEN = re.compile(r"-?\d{1,4}(\.0+)?")


@dataclass(frozen=True, kw_only=True)
class ScaleField(Field):
    """Answer: an integer from `min` to `max` in steps of `step`; with turn scope [{"turn", "value"}].

    Units: "item" or the turn's number, with the number as label; the order of the labels means something.
    Decoded is the median of the posterior, from which the expected error is smallest; confidence is that
    point's own probability, the product over the turns. Distance: the difference as a share of the scale's
    length; a blank is 1 away from any number; with turn scope the turns' mean.
    """

    type: ClassVar[str] = "scale"
    widget: ClassVar[str] = "scale"
    head: ClassVar[str] = "scale"
    method: ClassVar[str] = "ordinal"
    level: ClassVar[str] = "ordinal"
    keys: ClassVar[frozenset[str]] = Field.keys | {
        "min", "max", "step", "low", "low_zh", "high", "high_zh", "speakers"
    }  # fmt: skip
    scopes: ClassVar[tuple[str, ...]] = ("dialogue", "turn", "pair")

    min: int = 1
    max: int = 5
    step: int = 1
    low: str = ""  # what the two ends mean, to people
    low_zh: str = ""
    high: str = ""
    high_zh: str = ""

    @classmethod
    def parse(cls, reader: ConfigReader) -> Self:
        common = turn_parts(reader, cls.scopes)
        return cls(
            **common,
            **_range(reader),
            low=reader.text("low", most=80),
            low_zh=reader.text("low_zh", most=80),
            high=reader.text("high", most=80),
            high_zh=reader.text("high_zh", most=80),
            required=reader.flag("required", default=common["scope"] != "turn"),
        )

    def _own_json(self) -> dict[str, Any]:
        ends = {key: getattr(self, key) for key in ("low", "low_zh", "high", "high_zh") if getattr(self, key)}
        return super()._own_json() | {"min": self.min, "max": self.max, "step": self.step} | ends

    @property
    def points(self) -> range:
        return range(self.min, self.max + 1, self.step)

    # -- answers ------------------------------------------------------------------------------------------

    def empty(self, payload: Payload) -> Any:
        return [] if self.scope == "turn" else None

    def check(self, value: object, payload: Payload, pointer: str) -> Any:
        problems: list[Problem] = []
        if self.scope == "pair" and "pair" not in payload:
            problems.append(Problem(pointer, "scope", "This field is about a pair, but the item is none."))
        canonical: Any = None
        if self.scope == "turn":
            canonical = check_marks(self, _KEY, value, payload, pointer, problems, self._check_point)
        elif value not in (None, ""):
            canonical = self._check_point(value, pointer, problems)
        elif self.required:
            problems.append(Problem(pointer, "required", "Choose a point of the scale."))
        if problems:
            raise InvalidAnswer(problems)
        return canonical

    def _check_point(self, value: object, pointer: str, problems: list[Problem]) -> int | None:
        """A number, or one as a cell of a table writes it ("4", "4.0")."""
        if isinstance(value, str) and _WRITTEN.fullmatch(value.strip()) or isinstance(value, float):
            value = int(float(value)) if float(value).is_integer() else value
        if is_index(value) and value in self.points:
            return value
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        detail = f"Expected a whole number from {self.min} to {self.max}{steps}."
        problems.append(Problem(pointer, "range" if is_index(value) else "type", detail))
        return None

    # -- consensus ----------------------------------------------------------------------------------------

    @property
    def verdicts(self) -> tuple[str, ...]:
        points = tuple(map(str, self.points))
        return points if self.required else (*points, BLANK)

    def _places(self, payload: Payload) -> list[str]:
        return [str(turn) for turn in self.turns(payload)] if self.scope == "turn" else [WHOLE]

    def _by_place(self, value: Any) -> dict[str, int | None]:
        if self.scope != "turn":
            return {WHOLE: value}
        return {str(mark["turn"]): mark[_KEY] for mark in value}

    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        chosen = self._by_place(value)
        return [(place, _label(chosen.get(place))) for place in self._places(payload)]

    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[Any, float]:
        found = {place: self._median(posteriors.get(place, {})) for place in self._places(payload)}
        confidence = prod(sure for _, sure in found.values())
        if self.scope != "turn":
            return found[WHOLE][0], confidence
        marks = [
            {"turn": int(place), _KEY: point} for place, (point, _) in found.items() if point is not None
        ]
        return marks, confidence

    def _median(self, posterior: Mapping[str, float]) -> tuple[int | None, float]:
        shares = [float(posterior.get(str(point), 0.0)) for point in self.points]
        blank = float(posterior.get(BLANK, 0.0))
        if not self.required and blank >= sum(shares):
            return None, blank
        half, below = sum(shares) / 2, 0.0
        for point, share in zip(self.points, shares, strict=True):
            below += share
            if below >= half:
                return point, share
        return self.max, shares[-1]  # half was lost in rounding

    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        left, right = self._by_place(a), self._by_place(b)
        places = self._places(payload)
        if not places:
            return 0.0
        return sum(self._apart(left.get(place), right.get(place)) for place in places) / len(places)

    def _apart(self, a: int | None, b: int | None) -> float:
        if a is None or b is None:
            return float(a is not b)
        return abs(a - b) / (self.max - self.min)


def _label(point: int | None) -> str:
    return BLANK if point is None else str(point)


def _range(reader: ConfigReader) -> dict[str, Any]:
    least = reader.count("min", default=1, least=-_FARTHEST, most=_FARTHEST)
    most = reader.count("max", default=5, least=-_FARTHEST, most=_FARTHEST)
    by = reader.count("step", default=1, most=2 * _FARTHEST)
    if reader.problems:
        return {}
    if most <= least:
        detail = said("The greatest number must be above the smallest, %(least)s.", least=least)
        reader.refuse("max", "range", detail)
    elif (most - least) % by:
        detail = said("Steps of %(by)s from %(least)s never come to %(most)s.", by=by, least=least, most=most)
        reader.refuse("step", "range", detail)
    elif (most - least) // by >= MOST_POINTS:
        reader.refuse("step", "range", said("At most %(most)s points; take larger steps.", most=MOST_POINTS))
    return {"min": least, "max": most, "step": by}
