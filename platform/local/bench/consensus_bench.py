"""Dawid-Skene for a whole project, ours beside crowd-kit's own, on the same made-up crowd."""

import time
from typing import Any

import numpy as np

from annotations.aggregation.inference import Posterior, infer
from annotations.aggregation.judgments import Judgment
from local.bench.command import Settings

ITEMS, ANSWERS, WORKERS = 100_000, 5, 200
LABELS = ("refund", "delivery", "invoice", "account", "other")
ITERATIONS = 20
SEED = 11


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`; `ratio` is how many times as quick as crowd-kit we are."""
    items, workers = settings.items or ITEMS, settings.annotators or WORKERS
    judgments = crowd(items, workers)
    _warm_up()
    began = time.perf_counter()
    ours = infer(judgments, method="dawid-skene", iterations=ITERATIONS).posterior
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    theirs = _crowd_kit(judgments)
    reference_seconds = time.perf_counter() - began
    return {
        "settings": {
            "items": items,
            "annotators": workers,
            "answers_per_item": ANSWERS,
            "iterations": ITERATIONS,
        },
        "figures": {
            "seconds": round(seconds, 2),
            "reference_seconds": round(reference_seconds, 2),
            "ratio": round(reference_seconds / seconds, 2),
            "agreement_with_reference": round(_agreement(ours, theirs), 4),
        },
    }


def crowd(items: int, workers: int) -> list[Judgment]:
    """ANSWERS judgments an item; a worker's chance to be right lies between 0.4 and 0.95."""
    dice = np.random.default_rng(SEED)
    truth = dice.integers(len(LABELS), size=items)
    skill = dice.uniform(0.4, 0.95, size=workers)
    first = dice.integers(workers, size=items)
    people = (
        first[:, None] + dice.permutation(workers)[:ANSWERS]
    ) % workers  # (items, ANSWERS), all different
    right = dice.random(people.shape) < skill[people]
    wrong = (truth[:, None] + dice.integers(1, len(LABELS), size=people.shape)) % len(LABELS)
    given = np.where(right, truth[:, None], wrong)
    return [
        Judgment(f"w{worker}", f"t{item}", LABELS[label])
        for item in range(items)
        for worker, label in zip(people[item], given[item], strict=True)
    ]


def _warm_up() -> None:
    """Loading pandas and scipy is nobody's consensus."""
    _crowd_kit(crowd(10, 6))


def _crowd_kit(judgments: list[Judgment]) -> dict[str, str]:
    import pandas as pd  # noqa: PLC0415 - heavy, and only this bench wants it
    from crowdkit.aggregation import DawidSkene  # noqa: PLC0415

    frame = pd.DataFrame(
        [(judgment.unit, judgment.worker, judgment.label) for judgment in judgments],
        columns=["task", "worker", "label"],
    )
    found = DawidSkene(n_iter=ITERATIONS).fit_predict(frame)
    return {str(unit): str(label) for unit, label in found.items()}


def _agreement(ours: Posterior, theirs: dict[str, str]) -> float:
    """The share of items on which both hold the same label for the likeliest."""
    same = sum(max(labels, key=labels.__getitem__) == theirs[unit] for unit, labels in ours.items())
    return same / len(theirs)
