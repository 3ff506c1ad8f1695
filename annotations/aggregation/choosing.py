"""Which method weighs a field's answers best, judged on items whose truth is known and was held out."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from annotations.aggregation.inference import DEFAULT, METHODS, Posterior, TooManyLabels, infer
from annotations.aggregation.judgments import KNOWN, Judgment

LEAST_GOLD = 30  # units with a known truth; with fewer, chance would choose
_FOLDS = 5
_MOST = 30_000  # judgments looked at; more make no method's figure differ
_MOST_FOR_SLOW = 8_000  # GLAD and MACE take minutes above
_SLOW = frozenset({"glad", "mace"})
_LEAST_CHANCE = 1e-3  # what a method that was certain and wrong is charged with


@dataclass(frozen=True, slots=True)
class MethodScore:
    """On held-out gold: the share right, the mean confidence, and the mean of -log P(truth)."""

    accuracy: float
    confidence: float
    log_loss: float


@dataclass(frozen=True, slots=True)
class Choice:
    """`gold`: units with a known truth that were judged. `scores` is empty where the rule chose."""

    method: str
    gold: int
    scores: Mapping[str, MethodScore]

    @property
    def by_gold(self) -> bool:
        return bool(self.scores)


def choose_method(judgments: Sequence[Judgment], methods: Sequence[str] = METHODS) -> Choice:
    """The method that is right most often on held-out gold; the default unless another is clearly better.

    Clearly: by more than a standard error of the difference, or a handful of items would move a project from
    one method to the next and back. The default too where there is little gold. Our own methods are cross-
    validated, with the other folds' truth pinned as in a project's fit; crowd-kit's know no truth at all.
    """
    truth, crowd = _known(judgments)
    judged = {judgment.unit for judgment in crowd}
    truth = {unit: label for unit, label in truth.items() if unit in judged}
    if len(truth) < LEAST_GOLD:
        return Choice(DEFAULT, len(truth), {})
    sample = _sample(crowd, truth)
    found: dict[str, dict[str, MethodScore]] = {}
    for method in methods:
        if method in _SLOW and len(sample) > _MOST_FOR_SLOW:
            continue
        try:
            found[method] = _held_out(method, sample, truth)
        except TooManyLabels:
            continue
    if DEFAULT not in found:
        return Choice("majority", len(truth), {})
    scores = {method: _mean(list(units.values())) for method, units in found.items()}
    return Choice(_clearly_best(found, scores), len(truth), scores)


def _known(judgments: Sequence[Judgment]) -> tuple[dict[str, str], list[Judgment]]:
    truth = {judgment.unit: judgment.label for judgment in judgments if judgment.worker == KNOWN}
    return truth, [judgment for judgment in judgments if judgment.worker != KNOWN]


def _sample(crowd: Sequence[Judgment], truth: Mapping[str, str]) -> list[Judgment]:
    """All on gold units, and on others by the hash of their name up to the most."""
    if len(crowd) <= _MOST:
        return list(crowd)
    share = _MOST / len(crowd) * 2**32
    return [j for j in crowd if j.unit in truth or zlib.crc32(j.unit.encode()) < share]


def _held_out(method: str, crowd: Sequence[Judgment], truth: Mapping[str, str]) -> dict[str, MethodScore]:
    if method in _SLOW or method in {"majority", "wawa"}:
        return _scored(infer(crowd, method=method).posterior, truth)
    scored: dict[str, MethodScore] = {}
    for fold in range(_FOLDS):
        held = {unit: label for unit, label in truth.items() if zlib.crc32(unit.encode()) % _FOLDS == fold}
        shown = [Judgment(KNOWN, unit, label) for unit, label in truth.items() if unit not in held]
        scored |= _scored(infer([*crowd, *shown], method=method).posterior, held)
    return scored


def _scored(posterior: Posterior, truth: Mapping[str, str]) -> dict[str, MethodScore]:
    found = {}
    for unit, label in truth.items():
        row = posterior[unit]
        best = max(row, key=row.__getitem__)
        loss = -log(max(row.get(label, 0.0), _LEAST_CHANCE))
        found[unit] = MethodScore(float(best == label), row[best], loss)
    return found


def _mean(scores: Sequence[MethodScore]) -> MethodScore:
    count = len(scores)
    return MethodScore(
        accuracy=sum(score.accuracy for score in scores) / count,
        confidence=sum(score.confidence for score in scores) / count,
        log_loss=sum(score.log_loss for score in scores) / count,
    )


def _clearly_best(found: Mapping[str, Mapping[str, MethodScore]], scores: Mapping[str, MethodScore]) -> str:
    best = max(scores, key=lambda method: (scores[method].accuracy, -scores[method].log_loss))
    gains = [score.accuracy - found[DEFAULT][unit].accuracy for unit, score in found[best].items()]
    mean = sum(gains) / len(gains)
    error = sqrt(sum((gain - mean) ** 2 for gain in gains)) / len(gains)
    return best if mean > error else DEFAULT
