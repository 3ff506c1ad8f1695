"""How well somebody answers, and between which bounds that is known: for the quality page and for oneself."""

from dataclasses import dataclass

from annotations.aggregation.skill import ACCURACY_STRENGTH, interval
from annotations.models import WorkerSkill

_MOST_LABELS = 30


@dataclass(frozen=True)
class LabelSkill:
    """How often somebody gives `label` where it is right, and the 90 % interval around it; all 0..1."""

    label: str
    share: float
    low: float
    high: float


def skill_interval(row: WorkerSkill) -> tuple[float, float] | None:
    """The 90 % interval of the accuracy; None before the first fit."""
    if not row.answers:
        return None
    low, high = interval(row.accuracy, row.answers + ACCURACY_STRENGTH)
    return round(low, 4), round(high, 4)


def label_skills(row: WorkerSkill) -> tuple[LabelSkill, ...]:
    """Label by label, the worst first; empty where the kind of field keeps no weight of evidence."""
    found = []
    for label, worth in row.evidence.items():
        share = row.confusion.get(label, {}).get(label, 0.0)
        low, high = interval(share, worth)
        found.append(LabelSkill(label, share, round(low, 4), round(high, 4)))
    return tuple(sorted(found, key=lambda skill: (skill.share, skill.label))[:_MOST_LABELS])
