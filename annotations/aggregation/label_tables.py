"""Label by label: how often each is given, how often two agree on it, and what is taken for what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotations.aggregation.judgments import Judgment

NOTHING = ""  # no mark, no label, left blank


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """`share` of all judgments; `agreement`: of two who judged one unit, how probable is it that the other
    says this label too, given that one did (specific agreement; Fleiss et al. 2003, "Statistical Methods for
    Rates and Proportions"); None while nobody could have."""

    share: float
    agreement: float | None
    judgments: int


@dataclass(frozen=True, slots=True)
class Recall:
    """Against the truth: how much of a label is `found`, and how much of what is called so is `right`."""

    found: float | None
    right: float | None


def plain_label(judgment: Judgment) -> str:
    """A label without its part of a span (B-, I-, O); of a yes/no unit the label that the unit is about."""
    if judgment.label in {"yes", "no"} and ":" in judgment.unit:
        return judgment.unit.rpartition(":")[2] if judgment.label == "yes" else NOTHING
    if judgment.label == "O":
        return NOTHING
    return judgment.label[2:] if judgment.label[:2] in {"B-", "I-"} else judgment.label


def by_label(judgments: Iterable[Judgment]) -> dict[str, LabelAgreement]:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for judgment in judgments:
        votes[judgment.unit][plain_label(judgment)] += 1
    given: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    possible: Counter[str] = Counter()
    for unit in votes.values():
        size = unit.total()
        for label, count in unit.items():
            given[label] += count
            shared[label] += count * (count - 1)
            possible[label] += count * (size - 1)
    return {
        label: LabelAgreement(
            share=given[label] / given.total(),
            agreement=shared[label] / possible[label] if possible[label] else None,
            judgments=given[label],
        )
        for label in sorted(given)
    }


def confusion(judgments: Sequence[Judgment], truth: Sequence[Judgment]) -> Counter[tuple[str, str]]:
    """(true, said) -> how often; of units on which `truth` says nothing, nothing."""
    known = {judgment.unit: plain_label(judgment) for judgment in truth}
    return Counter(
        (known[judgment.unit], plain_label(judgment)) for judgment in judgments if judgment.unit in known
    )


def recalls(counts: Mapping[tuple[str, str], int]) -> dict[str, Recall]:
    """By label, from what `confusion` counted."""
    true: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for (a, b), count in counts.items():
        true[a] += count
        said[b] += count
    hits = {label: counts.get((label, label), 0) for label in {*true, *said}}
    return {
        label: Recall(
            hits[label] / true[label] if true[label] else None,
            hits[label] / said[label] if said[label] else None,
        )
        for label in sorted(hits)
    }
