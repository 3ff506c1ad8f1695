"""A crowd that is asked until the platform is sure, beside one that is always asked five times.

In each round every item that is still in doubt gets one more answer, then everything is fitted anew, as the
platform does every minute; nobody's skill is known before, and there is no gold. The vote of five has the
same people and the same answers.
"""

from collections import Counter
from dataclasses import dataclass
from statistics import mean, stdev

import numpy as np

from annotations.aggregation.inference import infer
from annotations.aggregation.judgments import Ints, Judgment

ITEMS, WORKERS, LABELS = 1_000, 40, 4
LEAST, MOST, FIXED = 2, 10, 5
CONFIDENCE = 0.85  # of an item; the mean over items is what `accuracy` is held against
SEEDS = 20
# (share of the crowd, chance of being right): a vote of five of them is right in about 95 %.
MIX = ((0.25, 0.95), (0.45, 0.80), (0.15, 0.65), (0.15, 0.40))


@dataclass(frozen=True)
class Outcome:
    """`answers` an item, the share right, the mean stated confidence; `vote`: share right of five votes."""

    answers: float
    accuracy: float
    stated: float
    vote: float

    @property
    def saved(self) -> float:
        return 1 - self.answers / FIXED


def simulate(seed: int, *, items: int = ITEMS, confidence: float = CONFIDENCE) -> Outcome:
    dice = np.random.default_rng(seed)
    skill = np.concatenate([np.full(round(WORKERS * share), right) for share, right in MIX])
    skill += dice.uniform(-0.03, 0.03, WORKERS)
    truth = dice.integers(LABELS, size=items)
    people = np.array([dice.permutation(WORKERS)[:MOST] for _ in range(items)])
    wrong = (truth[:, None] + dice.integers(1, LABELS, size=people.shape)) % LABELS
    said = np.where(dice.random(people.shape) < skill[people], truth[:, None], wrong)
    asked = np.full(items, LEAST)
    while True:
        found = _weigh(people, said, asked)
        sure = np.array([row[1] for row in found])
        doubtful = (sure < confidence) & (asked < MOST)
        if not doubtful.any():
            break
        asked[doubtful] += 1
    return Outcome(
        answers=float(asked.mean()),
        accuracy=float(np.mean([row[0] == true for row, true in zip(found, truth, strict=True)])),
        stated=float(sure.mean()),
        vote=float(np.mean([_vote(row[:FIXED]) == true for row, true in zip(said, truth, strict=True)])),
    )


def figures(seeds: int = SEEDS) -> dict[str, float]:
    """Means over seeds; the 95 % interval of the share of answers saved is 2.09 standard errors wide."""
    outcomes = [simulate(seed) for seed in range(seeds)]
    saved = [outcome.saved for outcome in outcomes]
    margin = 2.09 * stdev(saved) / len(saved) ** 0.5
    return {
        "adaptive_saved": round(mean(saved), 4),
        "adaptive_saved_low": round(mean(saved) - margin, 4),
        "adaptive_saved_high": round(mean(saved) + margin, 4),
        "adaptive_answers": round(mean(outcome.answers for outcome in outcomes), 3),
        "adaptive_accuracy": round(mean(outcome.accuracy for outcome in outcomes), 4),
        "adaptive_stated": round(mean(outcome.stated for outcome in outcomes), 4),
        "vote_of_five_accuracy": round(mean(outcome.vote for outcome in outcomes), 4),
    }


def _weigh(people: Ints, said: Ints, asked: Ints) -> list[tuple[int, float]]:
    judgments = [
        Judgment(f"w{worker:02d}", f"i{item:05d}", str(label))
        for item, count in enumerate(asked)
        for worker, label in zip(people[item, :count], said[item, :count], strict=True)
    ]
    posterior = infer(judgments).posterior
    rows = [posterior[f"i{item:05d}"] for item in range(len(asked))]
    return [(int(best), row[best]) for row in rows for best in [max(row, key=row.__getitem__)]]


def _vote(labels: Ints) -> int:
    return int(Counter(labels.tolist()).most_common(1)[0][0])
