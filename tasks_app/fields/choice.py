"""One label, or several, for the whole dialogue, for each turn, or for a pair of texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Self

from tasks_app.fields.base import (
    BLANK,
    WHOLE,
    Field,
    Judged,
    Payload,
    Posteriors,
    likeliest,
    turn_parts,
)
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.marks import check_marks
from tasks_app.fields.problem import InvalidAnswer, Problem, step
from tasks_app.fields.strings import nfc

YES, NO = "yes", "no"


@dataclass(frozen=True, kw_only=True)
class ChoiceField(Field):
    """Units: "item" or the turn's number ("3"); with `multi` one yes/no unit per label ("3:refund").

    Distance: 0 or 1; with `multi` the MASI distance (Passonneau 2006); with turn scope the turns' mean.
    Confidence: how probable it is that the whole answer is right: the product over its units.
    """

    type: ClassVar[str] = "choice"
    widget: ClassVar[str] = "choice"
    head: ClassVar[str] = "choice"
    method: ClassVar[str] = "dawid-skene"
    keys: ClassVar[frozenset[str]] = Field.keys | {"labels", "multi", "speakers"}
    scopes: ClassVar[tuple[str, ...]] = ("dialogue", "turn", "pair")

    multi: bool = False

    @classmethod
    def parse(cls, reader: ConfigReader) -> Self:
        common = turn_parts(reader, cls.scopes)
        return cls(
            **common,
            required=reader.flag("required", default=common["scope"] != "turn"),
            options=reader.labels(),
            multi=reader.flag("multi"),
        )

    def _own_json(self) -> dict[str, Any]:
        return super()._own_json() | {"multi": self.multi}

    # -- answers ------------------------------------------------------------------------------------------

    def empty(self, payload: Payload) -> Any:
        return [] if self.multi or self.scope == "turn" else None

    def check(self, value: object, payload: Payload, pointer: str) -> Any:
        problems: list[Problem] = []
        if self.scope == "pair" and "pair" not in payload:
            problems.append(Problem(pointer, "scope", "This field is about a pair, but the item is none."))
        canonical = self._check_parts(value, payload, pointer, problems)
        if problems:
            raise InvalidAnswer(problems)
        return canonical

    def _check_parts(self, value: object, payload: Payload, pointer: str, problems: list[Problem]) -> Any:
        if self.scope == "turn":
            read = self._read_labels if self.multi else self._check_label
            return check_marks(self, self._key, value, payload, pointer, problems, read)
        if self.multi:
            return self._check_labels(value, pointer, problems, required=self.required)
        if value in (None, ""):
            if self.required:
                problems.append(Problem(pointer, "required", "Choose a label."))
            return None
        return self._check_label(value, pointer, problems)

    def _check_label(self, value: object, pointer: str, problems: list[Problem]) -> str:
        label = nfc(value) if isinstance(value, str) else None
        if label in self.labels:
            return str(label)
        some = ", ".join(self.labels[:12]) + (", ..." if len(self.labels) > 12 else "")
        problems.append(Problem(pointer, "label", f"Not a label of this field. Choose one of: {some}."))
        return ""

    def _read_labels(self, value: object, pointer: str, problems: list[Problem]) -> list[str]:
        return self._check_labels(value, pointer, problems, required=self.required)

    def _check_labels(
        self, value: object, pointer: str, problems: list[Problem], *, required: bool
    ) -> list[str]:
        if not isinstance(value, list):
            problems.append(Problem(pointer, "type", "Expected a list of labels."))
            return []
        chosen = [self._check_label(label, step(pointer, i), problems) for i, label in enumerate(value)]
        if len(set(chosen)) < len(chosen) and "" not in chosen:
            problems.append(Problem(pointer, "duplicate", "A label is there twice; name each once."))
        if required and not value:
            problems.append(Problem(pointer, "required", "Choose at least one label."))
        return [label for label in self.labels if label in chosen]

    # -- consensus ----------------------------------------------------------------------------------------

    @property
    def verdicts(self) -> tuple[str, ...]:
        if self.multi:
            return (YES, NO)
        return self.labels if self.required else (*self.labels, BLANK)

    @property
    def _key(self) -> str:
        return "labels" if self.multi else "label"

    def _places(self, payload: Payload) -> list[str]:
        return [str(turn) for turn in self.turns(payload)] if self.scope == "turn" else [WHOLE]

    def _by_place(self, value: Any) -> dict[str, Any]:
        if self.scope != "turn":
            return {WHOLE: value}
        return {str(mark["turn"]): mark[self._key] for mark in value}

    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        chosen = self._by_place(value)
        if not self.multi:
            return [(place, chosen.get(place) or BLANK) for place in self._places(payload)]
        return [
            (f"{place}:{label}", YES if label in chosen.get(place, ()) else NO)
            for place in self._places(payload)
            for label in self.labels
        ]

    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[Any, float]:
        found = {place: self._decode_place(place, posteriors) for place in self._places(payload)}
        confidence = prod(sure for _, sure in found.values())
        if self.scope != "turn":
            return found[WHOLE][0], confidence
        marks = [{"turn": int(place), self._key: chosen} for place, (chosen, _) in found.items() if chosen]
        return marks, confidence

    def _decode_place(self, place: str, posteriors: Posteriors) -> tuple[Any, float]:
        if self.multi:
            return self._decode_labels(place, posteriors)
        label, sure = likeliest(posteriors.get(place, {}), self.verdicts)
        return (label or None, sure) if sure or self.required else (None, 0.0)

    def _decode_labels(self, place: str, posteriors: Posteriors) -> tuple[list[str], float]:
        yes = {label: float(posteriors.get(f"{place}:{label}", {}).get(YES, 0.0)) for label in self.labels}
        if not any(f"{place}:{label}" in posteriors for label in self.labels):
            return ([self.labels[0]] if self.required else []), 0.0
        chosen = [label for label in self.labels if yes[label] > 0.5]
        if self.required and not chosen:
            chosen = [max(self.labels, key=lambda label: yes[label])]
        return chosen, prod(yes[label] if label in chosen else 1 - yes[label] for label in self.labels)

    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        left, right = self._by_place(a), self._by_place(b)
        places = self._places(payload)
        if not places:
            return 0.0
        if self.multi:
            return sum(masi(left.get(p, ()), right.get(p, ())) for p in places) / len(places)
        return float(sum(left.get(p) != right.get(p) for p in places) / len(places))


def masi(a: Iterable[str], b: Iterable[str]) -> float:
    """Distance of two label sets: 1 - Jaccard * monotonicity, 1 for equal sets, 2/3 for a subset, 1/3 for
    an overlap, 0 for none (Passonneau 2006, "Measuring Agreement on Set-valued Items")."""
    left, right = set(a), set(b)
    if left == right:
        return 0.0
    shared = left & right
    monotonicity = 2 / 3 if shared in (left, right) else 1 / 3
    return 1.0 - len(shared) / len(left | right) * monotonicity if shared else 1.0
