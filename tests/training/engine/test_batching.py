import itertools

import numpy as np
import pytest
import torch

from tests.training.engine.samples import span_rows
from training.engine.batching import Example, Truth, collate, cut, narrow, padding_share, plan_epoch
from training.engine.fit import SUCCEEDED, fit
from training.engine.loop import Loop
from training.engine.loss import CrossEntropy

LENGTHS = np.random.default_rng(3).lognormal(3, 0.8, 3000).clip(4, 256).astype(np.int64)
PLAN = {"examples": 32, "tokens": 4096, "seed": 1}


def test_mixed_lengths_leave_less_than_a_fifth_padding():
    batches = plan_epoch(LENGTHS, **PLAN, epoch=0)
    random = cut(np.random.default_rng(0).permutation(3000), LENGTHS, examples=32, tokens=10**9)
    assert padding_share(batches, LENGTHS) < 0.2
    assert padding_share(random, LENGTHS) > 0.5


DICE = np.random.default_rng(3)
REALISTIC = {
    "span turns": DICE.normal(36, 12, 2400).clip(12, 96),
    "span turns, few": DICE.normal(36, 12, 150).clip(12, 96),
    "questions to a bank": DICE.lognormal(2.55, 0.45, 10_000).clip(5, 98),
    "questions to a bank, ten of each": DICE.lognormal(2.55, 0.45, 770).clip(5, 98),
    "long dialogues": DICE.lognormal(5.0, 0.6, 2000).clip(30, 256),
    "dialogues, few": DICE.lognormal(5.0, 0.6, 60).clip(30, 256),
    "chats and letters": np.concatenate([DICE.normal(12, 4, 900).clip(3), DICE.normal(400, 90, 100).clip(9)]),
}


@pytest.mark.parametrize("name", REALISTIC)
def test_at_most_a_twentieth_is_padding_and_every_step_keeps_its_examples(name):
    lengths = REALISTIC[name].astype(np.int64)
    for epoch in range(2):
        batches = plan_epoch(lengths, **PLAN, epoch=epoch)
        steps = narrow(batches, lengths)
        assert padding_share([part for step in steps for part in step], lengths) <= 0.05
        for step, batch in zip(steps, batches, strict=True):
            assert sorted(np.concatenate(step)) == sorted(batch)
        assert sum(map(len, steps)) < 3 * len(batches)


def test_without_much_padding_nothing_is_cut():
    lengths = REALISTIC["questions to a bank"].astype(np.int64)
    batches = plan_epoch(lengths, **PLAN, epoch=0)
    assert all(len(step) == 1 for step in narrow(batches, lengths))
    assert [len(step) for step in narrow([np.arange(4)], np.array([9, 9, 9, 9]))] == [1]


def test_batches_are_mixed_anew_in_every_epoch_and_follow_no_order_of_length():
    """Bucketing may put likes together, but not the same ones each time, and not the short ones first."""
    lengths = REALISTIC["span turns"].astype(np.int64)
    first, second = (plan_epoch(lengths, **PLAN, epoch=epoch) for epoch in (0, 1))
    together = {tuple(sorted(pair)) for batch in first for pair in itertools.pairwise(batch)}
    again = {tuple(sorted(pair)) for batch in second for pair in itertools.pairwise(batch)}
    assert len(together & again) < 0.1 * len(together)
    means = [lengths[batch].mean() for batch in first]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_an_epoch_holds_every_example_once_and_within_the_budget():
    batches = plan_epoch(LENGTHS, **PLAN, epoch=0)
    assert sorted(np.concatenate(batches)) == list(range(3000))
    assert all(len(batch) <= 32 and len(batch) * LENGTHS[batch].max() <= 4096 for batch in batches)


def test_the_order_depends_on_seed_and_epoch_only():
    def order(**changes):
        return np.concatenate(plan_epoch(LENGTHS, **(PLAN | {"epoch": 0} | changes))).tolist()

    assert order() == order()
    assert order() != order(epoch=1)
    assert order() != order(seed=2)


def test_an_example_above_the_budget_goes_alone():
    runs = cut(np.arange(3), np.array([5, 500, 5]), examples=8, tokens=100)
    assert [run.tolist() for run in runs] == [[0], [1], [2]]


def test_collate_pads_to_the_longest_and_points_at_the_decided_tokens():
    def example(ids, leads):
        targets = np.eye(3, dtype=np.float32)[[1] * len(leads)]
        return Example(
            0, 0, np.array(ids), np.zeros(len(ids), int), (0, 0), np.array(leads), None, targets, 2.0
        )

    batch = collate([example([7, 8, 9], [1]), example([5, 6, 4, 3], [1, 3])], 0, torch.device("cpu"))
    assert batch.ids.tolist() == [[7, 8, 9, 0], [5, 6, 4, 3]]
    assert batch.mask.tolist() == [[True, True, True, False], [True] * 4]
    assert batch.ids.flatten()[batch.leads].tolist() == [8, 6, 3]
    assert batch.truth.weights.tolist() == [2.0, 2.0, 2.0]
    assert batch.truth.bundles.tolist() == [0, 1, 1]


def test_what_is_decided_together_stays_together():
    def part(ids, others=(), weight=1.0):
        targets = np.array([[float(len(ids))]], dtype=np.float32)
        leads, ids = np.zeros(0, dtype=np.int64), np.array(ids)
        return Example(0, 0, ids, ids * 0, (0, len(ids)), leads, None, targets, weight, tuple(others))

    two = part([1, 2, 3], [part([4]), part([5, 6])], weight=3.0)
    assert (two.length, two.tokens, two.decisions) == (9, 6, 3)  # padded to three times the longest
    batch = collate([part([7, 8, 9, 9]), two], 0, torch.device("cpu"))
    assert batch.ids.tolist() == [[7, 8, 9, 9], [1, 2, 3, 0], [4, 0, 0, 0], [5, 6, 0, 0]]
    assert batch.pool.sum(dim=1).tolist() == [4, 3, 1, 2]
    assert batch.truth.targets.tolist() == [[4], [3], [1], [2]]
    assert batch.truth.bundles.tolist() == [0, 1, 1, 1] and batch.truth.weights.tolist() == [1, 3, 3, 3]
    joined = Truth.join([batch.truth, batch.truth])
    assert joined.bundles.tolist() == [0, 1, 1, 1, 2, 3, 3, 3] and len(joined.targets) == 8


def test_a_decision_may_look_at_several_tokens():
    leads = [np.array([[0, 2], [1, 2]]), np.array([[3, 0]])]
    ids = [np.array([5, 6, 7]), np.array([1, 2, 3, 4])]
    made = [Example(0, 0, i, i * 0, (0, 0), lead) for i, lead in zip(ids, leads, strict=True)]
    assert [example.decisions for example in made] == [2, 1]
    batch = collate(made, 0, torch.device("cpu"))
    assert batch.ids.flatten()[batch.leads].tolist() == [[5, 7], [6, 7], [4, 1]]


def test_where_a_loss_compares_what_is_in_a_batch_no_step_is_cut(make_run, monkeypatch):
    steps = []
    monkeypatch.setattr(Loop, "_step", lambda self, parts: steps.append(len(parts)) or 0.5)
    rows = {"train": span_rows(24), "dev": span_rows(6)}
    rows["batch_examples"] = 24
    assert fit(make_run("cut", **rows)) == SUCCEEDED
    assert max(steps) > 1
    monkeypatch.setattr(CrossEntropy, "compares", True, raising=False)
    steps.clear()
    assert fit(make_run("whole", **rows)) == SUCCEEDED
    assert set(steps) == {1}
