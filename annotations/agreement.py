"""How far people agree on a field, over all labels and label by label."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from annotations.aggregation.agreement import krippendorff_alpha
from annotations.aggregation.families import family
from annotations.aggregation.judgments import Judgment
from annotations.judging import item_of_unit
from tasks_app.fields.base import Field

# Enough for an interval of a few hundredths; more items only make it slower.
_MOST_ITEMS = 2_000
_RESAMPLES = 500


def agreement_of(field: Field, judgments: Sequence[Judgment], *, without: str = "") -> dict[str, Any]:
    """{"alpha", "low", "high", "units", "judgments", "labels": {label: {"share", "agreement"}}}, all 0..1.

    Empty for free text (wordings cannot agree by label), or while no unit was judged twice.
    """
    if not family(field.method).weighs_people:
        return {}
    sample = list(_first_items(judgment for judgment in judgments if judgment.worker != without))
    alpha = krippendorff_alpha(sample, group=item_of_unit, resamples=_RESAMPLES)
    if alpha is None:
        return {}
    return {
        "alpha": alpha.value,
        "low": alpha.low,
        "high": alpha.high,
        "units": alpha.units,
        "judgments": alpha.judgments,
        "labels": _by_label(field, sample),
    }


def _first_items(judgments: Iterable[Judgment]) -> Iterable[Judgment]:
    """Those on the first items by id; ids are random, so these are a fair sample."""
    items: set[str] = set()
    for judgment in judgments:
        item = item_of_unit(judgment.unit)
        if item in items or len(items) < _MOST_ITEMS:
            items.add(item)
            yield judgment


def _by_label(field: Field, judgments: Sequence[Judgment]) -> dict[str, dict[str, float | None]]:
    """`agreement`: of two who judged one unit, how probable is it that the other says this label too, given
    that one did (specific agreement; Fleiss et al. 2003, "Statistical Methods for Rates and Proportions")."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for judgment in judgments:
        votes[judgment.unit][_label(judgment)] += 1
    given: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    possible: Counter[str] = Counter()
    for unit in votes.values():
        size = unit.total()
        for label, count in unit.items():
            given[label] += count
            shared[label] += count * (count - 1)
            possible[label] += count * (size - 1)
    total = given.total()
    return {
        label: {
            "share": given[label] / total,
            "agreement": shared[label] / possible[label] if possible[label] else None,
        }
        for label in _shown(field, given)
    }


def _label(judgment: Judgment) -> str:
    """A label without its part of a span (B-, I-); of a yes/no unit the label that the unit is about."""
    if judgment.label in {"yes", "no"} and ":" in judgment.unit:
        return judgment.unit.rpartition(":")[2] if judgment.label == "yes" else ""
    return judgment.label[2:] if judgment.label[:2] in {"B-", "I-"} else judgment.label


def _shown(field: Field, given: Counter[str]) -> list[str]:
    return [label for label in field.labels if given[label]]
