"""Label errors planted into BANKING77 (Casanueva et al. 2020, CC BY 4.0), and how many of them are found."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local.errors import LocalError
from training.analysis.confident import cross_probabilities, folds_of, suspects
from training.engine.data import Row
from training.engine.device import choose_device
from training.engine.survey import Describer

NOISE, FOLDS, SEED = 0.1, 5, 7
_AT_ONCE = 512


def found_errors(folder: Path) -> dict[str, float]:
    """Precision and recall in per cent at as many as were planted, of confident learning and of the plain
    baseline (lowest confidence of the same models in what they say), and of what confident learning names."""
    texts, labels = _read(folder / "banking77_train.csv")
    names = sorted(set(labels))
    truth = np.array([names.index(one) for one in labels], dtype=np.int64)
    given = plant(truth, len(names))
    wrong = given != truth
    folds = folds_of([str(number) for number in range(len(texts))], FOLDS)
    shares = cross_probabilities(_vectors(texts), given, folds, len(names))
    suspected = suspects(shares, given)
    planted = int(wrong.sum())
    plain = np.argsort(shares.max(axis=1), kind="stable")
    named = suspected.places
    right = suspected.suggested[wrong[named]] == truth[named][wrong[named]]
    return {
        "planted": planted,
        "named": len(named),
        "precision_named": _percent(wrong[named].mean()),
        "recall_named": _percent(wrong[named].sum() / planted),
        "precision_top_100": _percent(wrong[named[:100]].mean()),
        "precision_top_planted": _percent(wrong[named[:planted]].mean()),
        "recall_top_planted": _percent(wrong[named[:planted]].sum() / planted),
        "plain_precision_top_100": _percent(wrong[plain[:100]].mean()),
        "plain_precision_top_planted": _percent(wrong[plain[:planted]].mean()),
        "suggested_label_right": _percent(right.mean()),
        "noise_estimated": _percent(suspected.noise),
    }


def plant(truth: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """NOISE of the labels replaced by any other, each as likely."""
    dice = np.random.default_rng(SEED)
    chosen = dice.choice(len(truth), round(NOISE * len(truth)), replace=False)
    given = truth.copy()
    given[chosen] = (truth[chosen] + dice.integers(1, classes, len(chosen))) % classes
    return given


def _vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    describer = Describer("starter", device=choose_device("cpu"))
    rows = [Row(id="", payload={"text": text}) for text in texts]
    chunks = [describer.vectors(rows[at : at + _AT_ONCE]) for at in range(0, len(rows), _AT_ONCE)]
    return np.concatenate(chunks)


def _read(path: Path) -> tuple[list[str], list[str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        return [line["text"] for line in lines], [line["category"] for line in lines]
    except (OSError, KeyError) as error:
        raise LocalError(f"{path} cannot be read as BANKING77: {error}. Give its folder by --data.") from None


def _percent(share: float) -> float:
    return round(100 * float(share), 1)
