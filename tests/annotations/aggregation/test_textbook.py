"""Our Dawid-Skene and one-coin against crowd-kit's, which start, step and stop by the same rules."""

import numpy as np
import pandas as pd
import pytest
from crowdkit import aggregation as crowdkit

from annotations.aggregation.dawid_skene import dawid_skene, one_coin
from annotations.aggregation.inference import infer, infer_labels
from annotations.aggregation.judgments import Judgment, encode, encode_columns
from annotations.aggregation.tally import Tally

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def random_crowd(seed: int, units: int, workers: int, labels: int) -> list[Judgment]:
    """Uneven on purpose: rare labels, from one answer a unit to six, some people with two answers in all."""
    dice = np.random.default_rng(seed)
    frequency = dice.dirichlet(np.full(labels, 0.7))
    popularity = dice.dirichlet(np.full(workers, 0.5))
    skill = dice.uniform(0.3, 0.98, workers)
    judgments = []
    for unit in range(units):
        truth = dice.choice(labels, p=frequency)
        size = min(dice.integers(1, 7), np.count_nonzero(popularity))
        for worker in dice.choice(workers, size=size, replace=False, p=popularity):
            said = truth if dice.random() < skill[worker] else dice.integers(labels)
            judgments.append(Judgment(f"w{worker}", f"u{unit}", f"l{said}"))
    return judgments


def theirs(model, judgments):
    frame = pd.DataFrame(judgments, columns=["worker", "task", "label"])
    found = model.fit(frame).probas_
    return found.sort_index(axis=0).sort_index(axis=1)


def ours(method, judgments, rounds):
    coded = encode(judgments)
    table = method(Tally(coded), rounds)[coded.pattern_of]
    return pd.DataFrame(table, index=list(coded.units), columns=list(coded.labels))


@pytest.mark.parametrize("rounds", [1, 5, 100])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("method", "model"), [(dawid_skene, crowdkit.DawidSkene), (one_coin, crowdkit.OneCoinDawidSkene)]
)
def test_posteriors_equal_crowd_kits(method, model, seed, rounds):
    judgments = random_crowd(seed, units=400, workers=30, labels=2 + seed)
    expected = theirs(model(n_iter=rounds), judgments)
    found = ours(method, judgments, rounds)
    assert list(found.index) == list(expected.index)
    same = found.to_numpy().argmax(axis=1) == expected.to_numpy().argmax(axis=1)
    assert same.mean() >= 0.999
    assert np.abs(found.to_numpy() - expected.to_numpy()).max() < 1e-5


def test_columns_of_names_give_the_label_of_each_unit():
    judgments = random_crowd(9, units=6_000, workers=40, labels=4)
    frame = pd.DataFrame(judgments, columns=["worker", "unit", "label"])
    units, labels = infer_labels(frame["worker"], frame["unit"], frame["label"], method="dawid-skene")
    posterior = infer(judgments, method="dawid-skene").posterior
    assert dict(zip(units, labels, strict=True)) == {
        unit: max(row, key=row.__getitem__) for unit, row in posterior.items()
    }


def test_many_names_are_numbered_like_few():
    judgments = random_crowd(2, units=400, workers=20, labels=3)
    judgments += [Judgment("Zoë", "u\U0001f600", "真"), Judgment("zoe", "u\uffee", "é")]
    many = judgments * (20_000 // len(judgments) + 1)
    few_columns, many_columns = encode(judgments), encode(many, ["unheard"])
    assert few_columns.units == many_columns.units and few_columns.workers == many_columns.workers
    assert many_columns.labels == tuple(sorted({*few_columns.labels, "unheard"}))
    lists = encode_columns(*(list(column) for column in zip(*many, strict=True)))
    frame = pd.DataFrame(many, columns=["worker", "unit", "label"])
    frames = encode_columns(frame["worker"], frame["unit"], frame["label"])
    assert lists.units == frames.units and np.array_equal(lists.pairs, frames.pairs)
