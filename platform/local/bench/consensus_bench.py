"""Dawid-Skene for a whole project, ours beside crowd-kit's own, on the same made-up crowd.

Both start from one data frame of names (task, worker, label) and end with a label for each task by name; both
use the textbook model, the same rule for when to stop and one process, after a warm-up; of five runs
each the fastest counts. `seconds_full_fit` is
what a project pays instead: our default model, from a list of judgments to every probability and everybody's
confusion matrix. `adaptive_*`: what asking only where in doubt saves (overlap_simulation.py), over 20 crowds.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from annotations.aggregation.inference import infer, infer_labels
from annotations.aggregation.judgments import Judgment
from local.bench import overlap_simulation
from local.bench.command import Settings

ITEMS, ANSWERS, WORKERS = 200_000, 5, 200
LABELS = ("refund", "delivery", "invoice", "account", "other")
ITERATIONS = 20
SEED = 11
RUNS = 5


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`; `ratio` is how many times as quick as crowd-kit we are."""
    items, workers = settings.items or ITEMS, settings.annotators or WORKERS
    _compare(_frame(crowd(5_000, 6)))  # loading pandas, pyarrow and scipy is nobody's consensus
    judgments = crowd(items, workers)
    frame = _frame(judgments)
    runs = [_compare(frame) for _ in range(RUNS)]  # the fastest of each: other programs' time is not ours
    ours, theirs, agreement = map(min, zip(*runs, strict=True))
    _, full_fit = _timed(lambda: infer(judgments))
    return {
        "settings": {
            "items": items,
            "annotators": workers,
            "answers_per_item": ANSWERS,
            "iterations": ITERATIONS,
        },
        "figures": {
            "seconds": round(ours, 3),
            "reference_seconds": round(theirs, 2),
            "ratio": round(theirs / ours, 2),
            "agreement_with_reference": round(agreement, 5),
            "seconds_full_fit": round(full_fit, 2),
            **overlap_simulation.figures(),
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


def _frame(judgments: list[Judgment]) -> Any:
    import pandas as pd  # noqa: PLC0415 - heavy, and only this bench wants it

    return pd.DataFrame(judgments, columns=["worker", "task", "label"])


def _compare(frame: Any) -> tuple[float, float, float]:
    """Our seconds, crowd-kit's, and the share of tasks on which both hold the same label."""
    from crowdkit.aggregation import DawidSkene  # noqa: PLC0415 - as above

    (units, labels), ours = _timed(
        lambda: infer_labels(
            frame["worker"], frame["task"], frame["label"], method="dawid-skene", iterations=ITERATIONS
        )
    )
    found, theirs = _timed(lambda: DawidSkene(n_iter=ITERATIONS).fit_predict(frame))
    same = found.reindex(list(units)).to_numpy() == np.array(labels, dtype=object)
    return ours, theirs, float(same.mean())


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began
