from collections import defaultdict

import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene

from local.demo.crowd import answer, crowd, difficulty, seconds_for
from local.demo.dialogues import read_sample
from local.demo.dice import seeded
from local.demo.measure import Score, alpha, same, vote
from tasks_app.fields.schema import check_answer, parse_fields
from tasks_app.gallery.catalogue import template

FIELDS = parse_fields(template("customer-service").fields)
LABELS = {field.name: field.labels for field in FIELDS if field.type == "choice"}


@pytest.fixture(scope="module")
def dialogues():
    return read_sample(None, quick=False).dialogues


def answers_of(dialogues, seed):
    """dialogue id -> [(person, answer)], three to five each."""
    rng, people = seeded(f"sampling {seed}"), crowd()
    return {
        one.id: [
            (person, answer(person, one.id, one.turns, one.truth, LABELS, seed))
            for person in rng.sample(people, rng.choice([3, 4, 5, 5]))
        ]
        for one in dialogues
    }


def dawid_skene(field, dialogues, given):
    judged = [
        (f"{one.id}|{unit}", person.name, label)
        for one in dialogues
        for person, said in given[one.id]
        for unit, label in field.judgments(said[field.name], {"turns": one.turns})
    ]
    table = pd.DataFrame(judged, columns=["task", "worker", "label"])
    probabilities = DawidSkene(n_iter=15).fit_predict_proba(table)
    posteriors = defaultdict(dict)
    for task, row in zip(probabilities.index, probabilities.to_dict("records"), strict=True):
        item, unit = task.split("|")
        posteriors[item][unit] = row
    return {one.id: field.decode(posteriors[one.id], {"turns": one.turns})[0] for one in dialogues}


def accuracy(field, dialogues, values):
    score = Score(field)
    for one in dialogues:
        score.add(values[one.id], one.truth[field.name], {"turns": one.turns})
    return score.accuracy


def test_there_are_24_people_of_five_kinds():
    people = crowd()
    assert len({person.name for person in people}) == 24
    assert {person.kind for person in people} == {"expert", "ordinary", "sloppy", "biased", "spammer"}
    assert sum(person.kind == "spammer" for person in people) == 2


def test_answers_are_legal_and_repeat_with_the_seed(dialogues):
    for one in dialogues[:40]:
        for person in crowd():
            said = answer(person, one.id, one.turns, one.truth, LABELS, 3)
            assert check_answer(FIELDS, said, {"turns": one.turns}) == said
            assert said == answer(person, one.id, one.turns, one.truth, LABELS, 3)


def test_another_seed_gives_other_answers(dialogues):
    person, one = crowd()[0], dialogues[0]
    assert len({str(answer(person, one.id, one.turns, one.truth, LABELS, seed)) for seed in range(30)}) > 1


def test_skill_shows_in_every_field(dialogues):
    scores = {(field.name, p.kind): Score(field) for field in FIELDS for p in crowd()}
    for one in dialogues[:100]:
        for person in crowd():
            said = answer(person, one.id, one.turns, one.truth, LABELS, 1)
            for field in FIELDS:
                payload = {"turns": one.turns}
                scores[field.name, person.kind].add(said[field.name], one.truth[field.name], payload)
    for field in FIELDS:
        expert, ordinary, spammer = (
            scores[field.name, kind].accuracy for kind in ("expert", "ordinary", "spammer")
        )
        assert expert > ordinary + 0.1 > spammer + 0.2
    assert scores["qa", "sloppy"].accuracy < scores["qa", "ordinary"].accuracy
    assert scores["intent", "biased"].accuracy < scores["intent", "ordinary"].accuracy


def test_errors_gather_where_work_is_hard(dialogues):
    wrong = {True: [], False: []}
    for one in dialogues:
        hard = difficulty(f"{one.id}:intent") > 0.33
        for person in crowd():
            said = answer(person, one.id, one.turns, one.truth, LABELS, 1)
            wrong[hard].append(said["intent"] != one.truth["intent"])
    share = {hard: sum(errors) / len(errors) for hard, errors in wrong.items()}
    assert share[True] > 1.5 * share[False]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dawid_skene_clearly_beats_the_majority(dialogues, seed):
    given = answers_of(dialogues, seed)
    for field in FIELDS:
        votes = {
            one.id: vote(field, [said[field.name] for _, said in given[one.id]], {"turns": one.turns})
            for one in dialogues
        }
        majority = accuracy(field, dialogues, votes)
        estimated = accuracy(field, dialogues, dawid_skene(field, dialogues, given))
        assert estimated > majority + 0.02, (field.name, majority, estimated)


def test_spammers_are_fast(dialogues):
    one = dialogues[0]
    pace = {person.kind: seconds_for(person, one.id, one.turns) for person in crowd()}
    assert pace["spammer"] < pace["expert"]


def test_alpha_of_a_worked_example():
    # two observers, ten units, Krippendorff 2011, section B: alpha 0.095
    first, second = "0100000000", "1110010100"
    assert round(alpha([list(pair) for pair in zip(first, second, strict=True)]), 3) == 0.095


def test_full_stops_at_the_edge_are_no_error():
    field, payload = FIELDS[0], {"turns": [{"speaker": "customer", "text": "Where is it?"}]}
    with_mark = [{"turn": 0, "start": 0, "end": 12, "label": "question"}]
    without = [{"turn": 0, "start": 0, "end": 11, "label": "question"}]
    assert same(field, with_mark, without, payload)
    assert not same(field, with_mark, [], payload)
