"""A simulated span crowd: experts, ordinary people, lazy, sloppy and spamming ones."""

import time
import tracemalloc
from collections import defaultdict

import pytest

from annotations.aggregation.agreement import krippendorff_alpha
from annotations.aggregation.inference import infer, majority
from tests.annotations.aggregation.simulated_crowd import FIELD, judgments_of, make_crowd


def decoded(crowd, posterior):
    """(value, confidence) per dialogue, in order."""
    units = defaultdict(dict)
    for name, row in posterior.items():
        dialogue, _, unit = name.partition("|")
        units[dialogue][unit] = row
    return [FIELD.decode(units[dialogue.name], dialogue.payload) for dialogue in crowd]


def f1(crowd, values):
    """Exact-match micro F1 against the truth."""
    shared = marked = 0
    for dialogue, (value, _) in zip(crowd, values, strict=True):
        truth, found = ({tuple(span.values()) for span in spans} for spans in (dialogue.truth, value))
        shared += len(truth & found)
        marked += len(truth) + len(found)
    return 2 * shared / marked


def auc(right, scores):
    """Chance that a right item scores above a wrong one."""
    pairs = [
        (a > b) + (a == b) / 2
        for a, ok in zip(scores, right, strict=True)
        if ok
        for b, bad in zip(scores, right, strict=True)
        if not bad
    ]
    return sum(pairs) / len(pairs)


@pytest.fixture(scope="module", params=[1, 2])
def fitted(request):
    crowd = make_crowd(240, seed=request.param, turns=4)
    judgments = judgments_of(crowd)
    return crowd, judgments, infer(judgments)


def test_dawid_skene_is_clearly_above_the_majority(fitted):
    crowd, judgments, fit = fitted
    ours, votes = f1(crowd, decoded(crowd, fit.posterior)), f1(crowd, decoded(crowd, majority(judgments)))
    assert ours > votes + 0.03


def test_no_label_is_swallowed_by_o(fitted):
    crowd, _, fit = fitted
    marked = sum(len(value) for value, _ in decoded(crowd, fit.posterior))
    assert 0.85 < marked / sum(len(dialogue.truth) for dialogue in crowd) < 1.2


def balanced_accuracy(estimate):
    """Mean over the labels, so that a frequent one (O in spans) cannot hide what a worker misses."""
    return sum(row[label] for label, row in estimate.confusion.items()) / len(estimate.confusion)


def test_kinds_of_workers_are_told_apart(fitted):
    _, _, fit = fitted
    kinds = defaultdict(list)
    for worker, estimate in fit.skill.items():
        kinds[worker.split("-")[0]].append(balanced_accuracy(estimate))
    mean = {kind: sum(values) / len(values) for kind, values in kinds.items()}
    assert mean["expert"] > mean["fair"] > max(mean["lazy"], mean["sloppy"])
    assert min(mean["lazy"], mean["sloppy"]) > mean["spammer"]
    assert max(kinds["spammer"]) < min(kinds["expert"])


def test_confidence_ranks_right_items_above_wrong_ones(fitted):
    crowd, _, fit = fitted
    values = decoded(crowd, fit.posterior)
    right = [value == dialogue.truth for dialogue, (value, _) in zip(crowd, values, strict=True)]
    assert auc(right, [sure for _, sure in values]) > 0.78
    settled = [ok for ok, (_, sure) in zip(right, values, strict=True) if sure > 0.8]
    assert len(settled) > 0.2 * len(crowd)
    assert sum(settled) / len(settled) > sum(right) / len(right) + 0.2


def test_alpha_is_between_chance_and_perfect(fitted):
    _, judgments, _ = fitted
    alpha = krippendorff_alpha(judgments, group=lambda unit: unit.partition("|")[0])
    assert 0.3 < alpha.low < alpha.value < alpha.high < 0.9


@pytest.mark.slow
def test_a_large_project_takes_seconds_and_little_memory():
    crowd = make_crowd(900)
    start = time.perf_counter()
    judgments = judgments_of(crowd)
    assert len(judgments) > 900 * 3 * 100
    decoded(crowd, infer(judgments).posterior)
    assert time.perf_counter() - start < 15  # about 3 s alone on a core; room for a busy machine
    tracemalloc.start()
    infer(judgments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6
