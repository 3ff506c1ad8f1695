"""How close answers come to the hidden truth, and what a plain vote would have made of them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from tasks_app.fields.base import Field

Payload = Mapping[str, Any]


def vote(field: Field, values: Sequence[Any], payload: Payload) -> Any:
    """The majority vote over each unit, decoded to a legal value; a tie goes to the label first by name."""
    counts: dict[str, Counter[str]] = {}
    for value in values:
        for unit, label in field.judgments(value, payload):
            counts.setdefault(unit, Counter())[label] += 1
    shares = {
        unit: {label: count[label] / count.total() for label in sorted(count)}
        for unit, count in counts.items()
    }
    return field.decode(shares, payload)[0]


class Score:
    """Counts hits over many items: F1 of exact spans, or the share of right units of a choice."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.hits = self.given = self.true = 0

    def add(self, value: Any, truth: Any, payload: Payload) -> None:
        given, true = self._facts(value, payload), self._facts(truth, payload)
        self.hits += len(given & true)
        self.given += len(given)
        self.true += len(true)

    def _facts(self, value: Any, payload: Payload) -> set[Hashable]:
        facts = _spans(value, payload) if self.field.type == "span" else self.field.judgments(value, payload)
        return set(facts)

    @property
    def accuracy(self) -> float:
        """F1, which is the accuracy where everything has exactly one label (choices)."""
        return 2 * self.hits / (self.given + self.true) if self.given + self.true else 1.0


def _spans(value: Iterable[Mapping[str, Any]], payload: Payload) -> set[tuple[int, int, int, str]]:
    """Without marks and spaces at the edges: whether a full stop belongs to a sentence is nobody's error."""
    turns, found = payload["turns"], set()
    for span in value:
        text = turns[span["turn"]]["text"]
        end = span["start"] + len(text[span["start"] : span["end"]].rstrip(" .,;:!?…。，！？；、"))
        found.add((span["turn"], span["start"], max(end, span["start"]), span["label"]))
    return found


def same(field: Field, value: Any, truth: Any, payload: Payload) -> bool:
    """Whether a value says exactly what the truth says, marks at the edges of spans aside."""
    score = Score(field)
    score.add(value, truth, payload)
    return score.hits == score.given == score.true


def alpha(units: Iterable[Sequence[str]]) -> float:
    """Krippendorff's alpha for nominal labels: 1 full agreement, 0 what chance gives.

    `units` holds the labels given to each unit. Formula: Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability", section C (any number of observers, nominal data, missing data).
    """
    totals: Counter[str] = Counter()
    disagreeing = 0.0
    for labels in units:
        if len(labels) < 2:
            continue
        counts = Counter(labels)
        totals.update(counts)
        disagreeing += (len(labels) ** 2 - sum(n * n for n in counts.values())) / (len(labels) - 1)
    pairable = totals.total()
    by_chance = pairable**2 - sum(n * n for n in totals.values())
    return 1.0 - (pairable - 1) * disagreeing / by_chance if by_chance else 1.0
