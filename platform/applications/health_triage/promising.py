"""What is promised of a pair of models, and what came of it on items kept for measuring. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from applications.health_triage import conformal
from applications.health_triage.conformal import Doubles, Ints

CONDITION, URGENCY, ALL = "condition", "urgency", ""


@dataclass(frozen=True, slots=True)
class Risk:
    """What may go wrong, as shares of all messages.

    wrong: the groups listed, or the range of urgencies, miss the truth; for each group and each urgency above
    the lowest by itself. under_triage: the truth is more urgent than the range. largest_set, widest: with
    more groups or levels than these nothing is suggested.
    """

    wrong: float = 0.05
    under_triage: float = 0.01
    method: str = conformal.LAC
    largest_set: int = 2
    widest: int = 2

    @property
    def over(self) -> float:
        """What is left for a truth below the range, so that the range as a whole misses at most `wrong`."""
        return self.wrong - self.under_triage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What two models said about N items of known truth.

    labels: names of C groups; levels: L urgencies, rising. condition (N, C) and urgency (N, L) are
    probabilities; true_condition and true_urgency (N,) places in them; group (N,) numbers of what belongs
    together.
    """

    labels: tuple[str, ...]
    levels: tuple[int, ...]
    condition: Doubles
    urgency: Doubles
    true_condition: Ints
    true_urgency: Ints
    group: Ints

    def __len__(self) -> int:
        return len(self.true_condition)

    def only(self, chosen: Ints) -> "Scored":
        return Scored(
            labels=self.labels, levels=self.levels, condition=self.condition[chosen],
            urgency=self.urgency[chosen], true_condition=self.true_condition[chosen],
            true_urgency=self.true_urgency[chosen], group=self.group[chosen],
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        rounded = {"condition": _rounded(self.condition).tolist(), "urgency": _rounded(self.urgency).tolist()}
        places = {name: getattr(self, name).tolist() for name in ("true_condition", "true_urgency", "group")}
        return {"labels": list(self.labels), "levels": list(self.levels), **rounded, **places}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        labels, levels = tuple(raw["labels"]), tuple(raw["levels"])
        places = {
            name: np.array(raw[name], dtype=np.int64) for name in ("true_condition", "true_urgency", "group")
        }
        return cls(
            labels=labels, levels=levels,
            condition=np.array(raw["condition"], dtype=np.float64).reshape(-1, len(labels)),
            urgency=np.array(raw["urgency"], dtype=np.float64).reshape(-1, len(levels)), **places,
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence["Scored"]) -> "Scored":
        first = parts[0]
        names = ("condition", "urgency", "true_condition", "true_urgency", "group")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(labels=first.labels, levels=first.levels, **arrays)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A promise that cannot be made: of `name` (a group, a level, or "" for all) there are `there` items held
    back for calibration, and at least `needed` would have to be."""

    about: str
    name: str
    there: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Thresholds at one risk. With anything lacking there is no promise, and nothing is suggested."""

    risk: Risk
    labels: tuple[str, ...]
    levels: tuple[int, ...]
    items: int
    lacking: tuple[Lacking, ...]
    by_label: tuple[float, ...] = ()
    upper: float = 1.0
    upper_by_level: tuple[float, ...] = ()
    lower: float = 1.0

    @property
    def holds(self) -> bool:
        return not self.lacking


@dataclass(frozen=True, slots=True)
class Verdict:
    """conditions: the groups listed, likeliest first. low..high: urgencies. reasons: why a person has to
    look, as codes; without any, this is a suggestion."""

    conditions: tuple[str, ...]
    low: int
    high: int
    reasons: tuple[str, ...] = ()

    @property
    def abstains(self) -> bool:
        return bool(self.reasons)


NO_PROMISE, NOTHING_FITS, MANY_GROUPS, WIDE = "no_promise", "nothing_fits", "many_groups", "wide_urgency"
_PLACES = 6  # of what is stored; a verdict is made of the same numbers, or thresholds would not hold for it


def promise(known: Scored, risk: Risk) -> Promise:
    """What the calibration items `known` allow to promise at `risk`."""
    lacking = tuple(_lacking(known, risk))
    shared = {
        "risk": risk, "labels": known.labels, "levels": known.levels, "items": len(known), "lacking": lacking
    }  # fmt: skip
    if lacking:
        return Promise(**shared)  # type: ignore[arg-type]
    scores = conformal.scores_of(known.condition, risk.method)
    higher = conformal.above(known.urgency)[np.arange(len(known)), known.true_urgency]
    by_level = conformal.thresholds_by_class(conformal.below(known.urgency), known.true_urgency, risk.wrong)
    upper = conformal.upper_limit(known.urgency, known.true_urgency, risk.under_triage)
    return Promise(
        **shared,  # type: ignore[arg-type]
        by_label=tuple(conformal.thresholds_by_class(scores, known.true_condition, risk.wrong).tolist()),
        upper=1.0 if upper is None else upper,
        upper_by_level=(0.0, *by_level.tolist()[1:]),  # nothing is less urgent than the lowest
        lower=conformal.threshold(higher, risk.over),
    )


def _lacking(known: Scored, risk: Risk) -> Iterator[Lacking]:
    for about, least in (
        (URGENCY, conformal.needed(risk.under_triage)), (URGENCY, conformal.needed(risk.over))
    ):  # fmt: skip
        if len(known) < least:
            yield Lacking(about, ALL, len(known), least)
    least = conformal.needed(risk.wrong)
    levels = [str(level) for level in known.levels]
    for about, names, truth in (
        (CONDITION, known.labels, known.true_condition), (URGENCY, levels, known.true_urgency)
    ):  # fmt: skip
        for place, (name, there) in enumerate(conformal.counts_of(names, truth).items()):
            if there < least and not (about == URGENCY and place == 0):
                yield Lacking(about, name, there, least)


def judge(promised: Promise, condition: Doubles, urgency: Doubles) -> list[Verdict]:
    """A verdict for each of (N, C) and (N, L) probabilities. Where one is no number nothing is known."""
    if not promised.holds:
        top = condition.argmax(axis=1)
        levels = promised.levels
        return [
            Verdict((promised.labels[int(place)],), levels[0], levels[-1], (NO_PROMISE,)) for place in top
        ]
    risk, condition, urgency = promised.risk, _rounded(condition), _rounded(urgency)
    unknown = np.asarray(~(np.isfinite(condition).all(axis=1) & np.isfinite(urgency).all(axis=1)))
    within = conformal.scores_of(condition, risk.method) <= np.array(promised.by_label) + 1e-12
    lowest, highest = conformal.intervals(
        urgency, upper=promised.upper, upper_by_class=np.array(promised.upper_by_level), lower=promised.lower
    )
    found = []
    for row, listed in enumerate(within):
        if unknown[row]:
            found.append(Verdict((), promised.levels[0], promised.levels[-1], (NOTHING_FITS, WIDE)))
            continue
        order = [place for place in np.argsort(-condition[row], kind="stable").tolist() if listed[place]]
        low, high = int(lowest[row]), int(highest[row])
        found.append(
            Verdict(
                tuple(promised.labels[place] for place in order),
                promised.levels[low],
                promised.levels[high],
                tuple(_reasons(risk, len(order), high - low + 1)),
            )
        )
    return found


def _rounded(shares: Doubles) -> Doubles:
    return np.asarray(shares.round(_PLACES))


def _reasons(risk: Risk, groups: int, levels: int) -> Iterator[str]:
    if not groups:
        yield NOTHING_FITS
    if groups > risk.largest_set:
        yield MANY_GROUPS
    if levels > risk.widest:
        yield WIDE
