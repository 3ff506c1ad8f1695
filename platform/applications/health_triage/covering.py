"""What came of a promise on items that set no threshold. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from applications.health_triage import conformal
from applications.health_triage.promising import ALL, CONDITION, URGENCY, Promise, Scored, judge

UNDER = "under_triage"


@dataclass(frozen=True, slots=True)
class Share:
    """hits of count; promised: at least (or, where `most`, at most) this; None where nothing is promised."""

    about: str
    name: str
    hits: int
    count: int
    promised: float | None = None
    most: bool = False

    @property
    def value(self) -> float:
        return self.hits / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return conformal.wilson(self.hits, self.count)

    @property
    def contradicted(self) -> bool:
        """Whether the whole interval is on the wrong side of the promise."""
        if self.promised is None or not self.count:
            return False
        low, high = self.interval
        return low > self.promised if self.most else high < self.promised


@dataclass(frozen=True, slots=True)
class Coverage:
    """What came of a promise on items that neither the models nor the thresholds were made of."""

    items: int
    shares: tuple[Share, ...]
    abstains: Share
    answered_wrong: Share
    mean_groups: float
    mean_levels: float

    def share(self, about: str, name: str = ALL) -> Share:
        return next(one for one in self.shares if (one.about, one.name) == (about, name))

    def to_json(self) -> dict[str, Any]:
        def told(one: Share) -> dict[str, Any]:
            low, high = one.interval
            return {**asdict(one), "value": one.value, "low": low, "high": high}

        return {
            "items": self.items, "shares": [told(one) for one in self.shares],
            "abstains": told(self.abstains), "answered_wrong": told(self.answered_wrong),
            "mean_groups": self.mean_groups, "mean_levels": self.mean_levels,
        }  # fmt: skip


def measure(promised: Promise, known: Scored) -> Coverage:
    """How often the verdicts on `known` hold its truth: in all, and for each group and urgency."""
    verdicts = judge(promised, known.condition, known.urgency)
    truth = [known.labels[place] for place in known.true_condition.tolist()]
    levels = [known.levels[place] for place in known.true_urgency.tolist()]
    listed = np.array([name in one.conditions for one, name in zip(verdicts, truth, strict=True)], dtype=bool)
    ranged = np.array(
        [one.low <= level <= one.high for one, level in zip(verdicts, levels, strict=True)], dtype=bool
    )
    under = np.array([level > one.high for one, level in zip(verdicts, levels, strict=True)], dtype=bool)
    quiet = np.array([one.abstains for one in verdicts], dtype=bool)
    least = 1 - promised.risk.wrong if promised.holds else None
    missed = promised.risk.under_triage if promised.holds else None
    shares = [
        _share(CONDITION, ALL, listed, least), _share(URGENCY, ALL, ranged, least),
        _share(UNDER, ALL, under, missed, most=True),
        *(_share(CONDITION, name, listed[known.true_condition == place], least)
          for place, name in enumerate(known.labels)),
        *(_share(URGENCY, str(level), ~under[known.true_urgency == place], least)
          for place, level in enumerate(known.levels)),
    ]  # fmt: skip
    wrong = ~(listed & ranged)
    return Coverage(
        len(known), tuple(shares), _share("abstains", ALL, quiet, None),
        _share("answered_wrong", ALL, wrong[~quiet], None),
        float(np.mean([len(one.conditions) for one in verdicts])) if verdicts else 0.0,
        float(np.mean([one.high - one.low + 1 for one in verdicts])) if verdicts else 0.0,
    )  # fmt: skip


def _share(about: str, name: str, hits: Any, promised: float | None, *, most: bool = False) -> Share:
    return Share(about, name, int(hits.sum()), len(hits), promised, most)


def risk_by_share(known: Scored) -> list[tuple[float, float]]:
    """(share answered, share of these whose likeliest group is wrong), surest first: the risk-coverage curve
    (El-Yaniv and Wiener 2010)."""
    sure, likeliest = known.condition.max(axis=1), known.condition.argmax(axis=1)
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(likeliest[order] != known.true_condition[order])
    count = len(known)
    return [((n + 1) / count, float(wrong[n]) / (n + 1)) for n in range(count)]
