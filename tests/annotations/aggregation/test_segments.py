"""Consensus on whole spans, against token by token, on crowds whose truth is known."""

from collections import defaultdict
from statistics import mean, stdev

import pytest

from annotations.aggregation.inference import infer, majority
from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.aggregation.segments import fit_segments
from annotations.aggregation.spans import fit_spans, spans_given_skill
from local.demo.crowd import answer, crowd
from local.demo.dialogues import read_sample
from local.demo.dice import seeded
from local.demo.measure import Score
from tasks_app.fields.bio import OUTSIDE
from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import template
from tests.annotations.aggregation.simulated_crowd import FIELD, judgments_of, make_crowd
from tests.annotations.aggregation.test_span_crowd import decoded, f1


def gains(crowds):
    found = []
    for one in crowds:
        judgments = judgments_of(one)
        ours = f1(one, decoded(one, fit_spans(judgments).posterior))
        tokens = f1(one, decoded(one, infer(judgments, method="dawid-skene").posterior))
        found.append(ours - tokens)
    return found


@pytest.mark.parametrize(("dialogues", "answers", "least"), [(160, 3, 0.005), (60, 5, 0.03)])
def test_it_beats_dawid_skene_on_tokens_with_an_interval_over_seeds(dialogues, answers, least):
    found = gains(make_crowd(dialogues, seed=seed, turns=4, answers=answers) for seed in range(20, 30))
    margin = 2.26 * stdev(found) / len(found) ** 0.5  # 95 %, 9 degrees of freedom
    assert mean(found) - margin > least


def test_it_does_not_lose_on_the_demos_crowd():
    """Its people err by other rules: whole turns, questions without a question mark, narrow and wide ends."""
    field = next(f for f in parse_fields(template("customer-service").fields) if f.type == "span")
    dialogues, rng = read_sample(None, quick=False).dialogues, seeded("spans")
    judgments = [
        Judgment(person.name, f"{number}|{unit}", label)
        for number, one in enumerate(dialogues)
        for person in rng.sample(crowd(), 4)
        for unit, label in field.judgments(
            answer(person, one.id, one.turns, {field.name: one.truth[field.name]}, {}, 3)[field.name],
            {"turns": one.turns},
        )
    ]

    def score(posterior):
        items, total = defaultdict(dict), Score(field)
        for name, row in posterior.items():
            number, _, unit = name.partition("|")
            items[int(number)][unit] = row
        for number, one in enumerate(dialogues):
            payload = {"turns": one.turns}
            total.add(field.decode(items[number], payload)[0], one.truth[field.name], payload)
        return total.accuracy

    ours = score(fit_spans(judgments).posterior)
    assert ours >= score(infer(judgments, method="dawid-skene").posterior) - 0.005
    assert ours > score(majority(judgments)) + 0.05


def tagged(worker, tags, item="1"):
    return [Judgment(worker, f"{item}|0:{place}:{place + 1}", tag) for place, tag in enumerate(tags)]


def test_an_overlooked_span_counts_once_and_not_for_each_of_its_words():
    long = ["B-q", *["I-q"] * 8]
    judgments = tagged("a", long) + tagged("b", long) + tagged("c", [OUTSIDE] * 9)
    posterior, _ = fit_segments(judgments)
    assert posterior["1|0:4:5"]["I-q"] > 0.8
    short, _ = fit_segments(
        tagged("a", ["B-q", OUTSIDE]) + tagged("b", ["B-q", OUTSIDE]) + tagged("c", [OUTSIDE] * 2)
    )
    assert abs(short["1|0:0:1"]["B-q"] - posterior["1|0:0:1"]["B-q"]) < 0.1


def test_begin_and_end_may_come_from_different_people():
    judgments = [
        *tagged("a", [OUTSIDE, "B-q", "I-q", "I-q"]),
        *tagged("b", [OUTSIDE, "B-q", "I-q", OUTSIDE]),
        *tagged("c", ["B-q", "I-q", "I-q", OUTSIDE]),
    ]
    posterior, _ = fit_segments(judgments)
    best = [max(posterior[f"1|0:{n}:{n + 1}"], key=posterior[f"1|0:{n}:{n + 1}"].get) for n in range(4)]
    assert best == [OUTSIDE, "B-q", "I-q", OUTSIDE]


def test_every_token_has_probabilities_and_what_nobody_marked_is_outside():
    one = make_crowd(12, seed=3, turns=3)
    posterior = fit_spans(judgments_of(one)).posterior
    assert set(posterior) == {judgment.unit for judgment in judgments_of(one)}
    for row in posterior.values():
        assert sum(row.values()) == pytest.approx(1, abs=1e-6) and min(row.values()) >= 0


def test_layers_of_overlapping_spans_are_weighed_apart():
    judgments = [
        Judgment(worker, f"1|0:{n}:{n + 1}:{layer}", tag)
        for worker in "abc"
        for layer, tags in (("x", ["B-x", "I-x"]), ("y", [OUTSIDE, "B-y"]))
        for n, tag in enumerate(tags)
    ]
    posterior, _ = fit_segments(judgments)
    assert posterior["1|0:1:2:x"]["I-x"] > 0.9 and posterior["1|0:1:2:y"]["B-y"] > 0.9


def test_known_truth_is_no_opinion():
    said = ["B-q", "I-q", OUTSIDE]
    judgments = [*tagged("a", said), *tagged("b", said), *tagged("c", said)]
    posterior, habits = fit_segments([*judgments, *tagged(KNOWN, [OUTSIDE] * 3)])
    assert posterior["1|0:0:1"][OUTSIDE] > 0.9
    assert habits.skills[habits.workers.index(KNOWN)].min() > 0.99
    assert KNOWN not in fit_spans([*judgments, *tagged(KNOWN, [OUTSIDE] * 3)]).skill


def test_between_fits_an_item_is_weighed_by_the_habits_found():
    one = make_crowd(120, seed=5, turns=4)
    fit = fit_spans(judgments_of(one))
    item = [j for j in judgments_of(one) if j.unit.startswith("d0003|")]
    again = spans_given_skill(item, fit.skill, fit.priors)
    for unit, row in again.items():
        assert max(row, key=row.get) == max(fit.posterior[unit], key=fit.posterior[unit].get)
    kinds = defaultdict(list)
    for worker, skill in fit.skill.items():
        kinds[worker.split("-")[0]].append(skill.habits)
    assert mean(h["find"] for h in kinds["expert"]) > mean(h["find"] for h in kinds["lazy"]) + 0.1
    assert mean(h["cut"] for h in kinds["expert"]) > mean(h["cut"] for h in kinds["sloppy"]) + 0.2


def test_strangers_and_empty_projects_are_no_special_case():
    assert spans_given_skill([], {}, {}) == {} and fit_spans([]).posterior == {}
    posterior = spans_given_skill(tagged("new", ["B-q", "I-q"]) + tagged("too", ["B-q", "I-q"]), {}, {})
    assert posterior["1|0:0:1"]["B-q"] > 0.8
    assert fit_segments(tagged("a", [OUTSIDE] * 3))[0]["1|0:1:2"][OUTSIDE] > 0.9


def test_confidence_is_near_the_share_that_is_right():
    sure, right = [], []
    for seed in range(30, 34):
        one = make_crowd(120, seed=seed, turns=2, answers=4)
        for dialogue, (value, confidence) in zip(
            one, decoded(one, fit_spans(judgments_of(one)).posterior), strict=True
        ):
            sure.append(confidence)
            right.append(value == dialogue.truth)
    assert mean(sure) == pytest.approx(mean(right), abs=0.1)
    assert FIELD.method == "spans"
