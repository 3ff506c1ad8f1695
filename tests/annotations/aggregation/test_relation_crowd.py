"""Links between spans by a crowd that differs in the spans as well as in the links."""

from random import Random
from statistics import mean, stdev
from typing import Any

import pytest

from annotations.aggregation.families import family
from annotations.aggregation.inference import majority
from annotations.aggregation.judgments import Judgment
from annotations.voices import Voice, judged
from tasks_app.fields.links import nearest, place_of
from tasks_app.fields.schema import check_answer, parse_fields
from tests.annotations.aggregation.simulated_crowd import Dialogue, make_crowd

FIELDS = parse_fields(
    [
        {"name": "qa", "type": "span", "labels": ["question", "answer"]},
        {"name": "links", "type": "relation", "from": "qa", "labels": ["answers", "follows"]},
    ]
)
SPANS, LINKS = FIELDS
RIGHT = {"expert": 0.95, "fair": 0.85, "lazy": 0.6, "sloppy": 0.85, "spammer": 0.2}


def true_links(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every span speaks of the one before it."""
    labels = {"answer": "answers", "question": "follows"}
    return [{"from": n, "to": n - 1, "label": labels[spans[n]["label"]]} for n in range(1, len(spans))]


def said_links(
    random: Random, worker: str, own: list[dict[str, Any]], dialogue: Dialogue
) -> list[dict[str, Any]]:
    """The true links between the spans that this one has marked; some are missing, turned or renamed."""
    right = RIGHT[worker.split("-")[0]]
    places = [place_of(span) for span in own]
    of_place = {place: n for n, place in enumerate(places)}
    mine = [of_place.get(nearest(place_of(span), places)) for span in dialogue.truth]
    found = {}
    for link in true_links(dialogue.truth):
        a, b = mine[link["from"]], mine[link["to"]]
        if a is None or b is None or a == b:
            continue
        if random.random() < right:
            found[a, b] = link["label"]
        elif random.random() < 0.6 and len(own) > 2:
            found[a, random.choice([n for n in range(len(own)) if n != a])] = random.choice(LINKS.labels)
    return [{"from": a, "to": b, "label": label} for (a, b), label in found.items()]


def voices_of(random: Random, dialogue: Dialogue, *, given: bool = False) -> list[Voice]:
    """With `given` spans everybody links the same ones, and only the links differ."""
    voices = []
    for worker, own in dialogue.answers.items():
        spans = dialogue.truth if given else own
        answer = {"qa": spans, "links": said_links(random, worker, spans, dialogue)}
        voices.append(Voice(worker, FIELDS, check_answer(FIELDS, answer, dialogue.payload)))
    return voices


def judge_all(
    seed: int, dialogues: int, answers: int, *, given: bool = False
) -> tuple[list[Dialogue], dict[str, list[Judgment]]]:
    random = Random(seed)  # noqa: S311 - a simulation
    crowd = make_crowd(dialogues, answers=answers, seed=seed)
    found: dict[str, list[Judgment]] = {"qa": [], "links": []}
    for dialogue in crowd:
        for name, judgments in judged(voices_of(random, dialogue, given=given), dialogue.payload).items():
            found[name] += [one._replace(unit=f"{dialogue.name}|{one.unit}") for one in judgments]
    return crowd, found


def decoded(crowd: list[Dialogue], posteriors: dict[str, Any]) -> list[tuple[float, dict[str, Any]]]:
    """For each dialogue the distance of its links to the truth, and the consensus as it would be stored."""
    by_dialogue: dict[tuple[str, str], dict[str, Any]] = {}
    for name, posterior in posteriors.items():
        for full, row in posterior.items():
            dialogue, _, unit = full.partition("|")
            by_dialogue.setdefault((name, dialogue), {})[unit] = row
    found = []
    for dialogue in crowd:
        agreed: dict[str, Any] = {}
        for field in FIELDS:
            row = field.within(by_dialogue.get((field.name, dialogue.name), {}), agreed)
            agreed[field.name] = field.refer(field.decode(row, dialogue.payload)[0], agreed)
        truth = {"qa": dialogue.truth, "links": true_links(dialogue.truth)}
        ours, true = (LINKS.resolve(answer["links"], answer) for answer in (agreed, truth))
        found.append((LINKS.distance(ours, true, dialogue.payload), agreed))
    return found


def links_errors(crowd: list[Dialogue], found: dict[str, list[Judgment]]) -> tuple[float, float]:
    """Of the majority on the same pairs, and of the model, with the same consensus on the spans."""
    spans = family(SPANS.method).fit(found["qa"]).posterior
    both = majority(found["links"]), family(LINKS.method).fit(found["links"]).posterior
    voted, ours = (
        mean(error for error, _ in decoded(crowd, {"qa": spans, "links": links})) for links in both
    )
    return voted, ours


@pytest.mark.parametrize(("answers", "dialogues"), [(3, 100), (5, 60)])
def test_the_consensus_on_links_beats_the_majority_where_links_are_what_people_differ_in(
    answers: int, dialogues: int
) -> None:
    """Over eight seeds, by two standard errors."""
    errors = [links_errors(*judge_all(seed, dialogues, answers, given=True)) for seed in range(8)]
    gains = [voted - ours for voted, ours in errors]
    assert mean(gains) > 2 * stdev(gains) / len(gains) ** 0.5 > 0


def test_where_people_differ_in_the_spans_it_does_as_well_as_the_majority() -> None:
    """There the spans decide: known skills and even the true labels of the pairs take off only .04 of .28."""
    errors = [links_errors(*judge_all(seed, 80, 3)) for seed in range(6)]
    assert mean(ours for _, ours in errors) < mean(voted for voted, _ in errors) + 0.02


def test_every_consensus_is_a_legal_answer_whose_links_end_in_its_own_spans() -> None:
    crowd, found = judge_all(3, 60, 3)
    posteriors = {field.name: family(field.method).fit(found[field.name]).posterior for field in FIELDS}
    results = decoded(crowd, posteriors)
    for dialogue, (_, agreed) in zip(crowd, results, strict=True):
        assert check_answer(FIELDS, agreed, dialogue.payload) == agreed
    assert sum(len(agreed["links"]) for _, agreed in results) > 50


def test_boundaries_that_differ_by_a_word_do_not_tear_a_link_apart() -> None:
    """Three mark the same two spans with ends of their own, and link them: one link, not three."""
    text = "can you please send me the parcel today we send it by tomorrow noon"
    payload = {"turns": [{"speaker": "a", "text": text}]}

    def answer(start: int, end: int) -> dict[str, Any]:
        spans = [
            {"turn": 0, "start": start, "end": 39, "label": "question"},
            {"turn": 0, "start": 40, "end": end, "label": "answer"},
        ]
        return {"qa": spans, "links": [{"from": 1, "to": 0, "label": "answers"}]}

    voices = [
        Voice(name, FIELDS, answer(start, end))
        for name, start, end in (("a", 0, 67), ("b", 4, 62), ("c", 0, 62))
    ]
    said = judged(voices, payload)
    assert len({one.unit for one in said["links"] if one.label == "answers"}) == 1
    links = family("linked").fit(said["links"]).posterior
    assert sum(row["answers"] > 0.5 for row in links.values()) == 1


def test_people_s_names_and_order_change_nothing() -> None:
    random = Random(9)  # noqa: S311 - a simulation
    dialogue = make_crowd(1, answers=4, seed=9)[0]
    voices = voices_of(random, dialogue)
    first = family("linked").fit(judged(voices, dialogue.payload)["links"]).posterior
    renamed = [Voice(f"x{n}", voice.fields, voice.answer) for n, voice in enumerate(reversed(voices))]
    second = family("linked").fit(judged(renamed, dialogue.payload)["links"]).posterior
    assert first.keys() == second.keys()
    assert all(first[unit] == pytest.approx(second[unit], abs=1e-6) for unit in first)
