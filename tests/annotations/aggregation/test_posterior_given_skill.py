import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.aggregation.bayes import posterior_given_skill
from annotations.aggregation.inference import infer
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.skill import WorkerSkillEstimate
from tests.annotations.aggregation.simulated_crowd import FIELD, judgments_of, make_crowd

ROOT = Path(__file__).resolve().parents[3]


def worker(right: float) -> WorkerSkillEstimate:
    return WorkerSkillEstimate(
        right, {"a": {"a": right, "b": 1 - right}, "b": {"a": 1 - right, "b": right}}, 50
    )


EVEN = {"a": 0.5, "b": 0.5}
SKILL = {"good": worker(0.95), "poor1": worker(0.6), "poor2": worker(0.6)}


def test_bayes_rule_by_hand():
    judgments = [Judgment("good", "u", "a"), Judgment("poor1", "u", "b")]
    posterior = posterior_given_skill(judgments, SKILL, {"a": 0.2, "b": 0.8})
    a, b = 0.2 * 0.95 * 0.4, 0.8 * 0.05 * 0.6
    assert posterior == {"u": {"a": pytest.approx(a / (a + b)), "b": pytest.approx(b / (a + b))}}


def test_one_good_worker_beats_two_poor_ones():
    judgments = [Judgment("good", "u", "a"), Judgment("poor1", "u", "b"), Judgment("poor2", "u", "b")]
    a, b = 0.95 * 0.4 * 0.4, 0.05 * 0.6 * 0.6
    assert posterior_given_skill(judgments, SKILL, EVEN)["u"]["a"] == pytest.approx(a / (a + b))


@given(st.permutations(["good", "poor1", "poor2"]), st.lists(st.sampled_from("ab"), min_size=3, max_size=3))
def test_the_order_of_workers_changes_nothing(order, said):
    judgments = [Judgment(name, "u", label) for name, label in zip(sorted(SKILL), said, strict=True)]
    shuffled = sorted(judgments, key=lambda judgment: order.index(judgment.worker))
    assert posterior_given_skill(judgments, SKILL, EVEN) == posterior_given_skill(shuffled, SKILL, EVEN)


def test_an_unknown_worker_counts_as_the_mean_of_the_known():
    posterior = posterior_given_skill([Judgment("new", "u", "a")], SKILL, EVEN)
    assert posterior["u"]["a"] == pytest.approx((0.95 + 0.6 + 0.6) / 3)


def test_where_nobody_is_known_a_worker_is_believed_a_little():
    assert posterior_given_skill([Judgment("new", "u", "a")], {}, EVEN)["u"]["a"] == pytest.approx(0.7)


def test_without_priors_labels_are_equally_frequent():
    assert posterior_given_skill([Judgment("good", "u", "b")], SKILL, {}) == {"u": {"b": 1.0}}


def test_a_label_that_is_new_in_the_schema_can_win():
    judgments = [Judgment(name, "u", "c") for name in SKILL]
    posterior = posterior_given_skill(judgments, SKILL, EVEN)["u"]
    assert max(posterior, key=posterior.get) == "c"


def test_nothing_in_nothing_out():
    assert posterior_given_skill([], SKILL, EVEN) == {}


def test_it_agrees_with_the_full_fit_that_gave_the_skills():
    judgments = judgments_of(make_crowd(40))
    fit = infer(judgments)
    again = posterior_given_skill(judgments, fit.skill, fit.priors)
    same = [
        max(row, key=row.get) == max(again[unit], key=again[unit].get) for unit, row in fit.posterior.items()
    ]
    assert sum(same) / len(same) > 0.995


def test_a_dialogue_takes_less_than_20_ms():
    crowd = make_crowd(40)
    fit = infer(judgments_of(crowd))
    judgments = judgments_of(crowd[:1])
    units = len({judgment.unit for judgment in judgments})
    assert len(judgments) == 3 * units
    assert units > 100
    best = min(_seconds(lambda: posterior_given_skill(judgments, fit.skill, fit.priors)) for _ in range(5))
    assert best < 0.020


def _seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_it_needs_neither_django_nor_crowd_kit():
    code = (
        "import sys, annotations.aggregation.bayes, annotations.aggregation.table, tasks_app.fields.schema;"
        "print([m for m in ('django', 'rest_framework', 'celery', 'common', 'crowdkit', 'pandas', 'torch')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_field_decodes_what_it_gives():
    crowd = make_crowd(30)
    fit = infer(judgments_of(crowd))
    one = crowd[0]
    judgments = [
        Judgment(name, unit, label)
        for name, answer in one.answers.items()
        for unit, label in FIELD.judgments(answer, one.payload)
    ]
    value, sure = FIELD.decode(posterior_given_skill(judgments, fit.skill, fit.priors), one.payload)
    assert FIELD.check(value, one.payload, "/answer/qa") == value
    assert 0 < sure <= 1
