import itertools

import pytest

from tasks_app.fields.links import Linked, nearest
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer, parse_fields
from tests.tasks_app.fields.samples import DIALOGUE, linking

# "Where is my parcel? It is late." / "It arrives today." / "Thanks 👩🏽‍💻!"
QUESTION = {"turn": 0, "start": 0, "end": 19, "label": "question"}
LATE = {"turn": 0, "start": 20, "end": 31, "label": "question"}
ANSWER = {"turn": 1, "start": 0, "end": 17, "label": "answer"}
THANKS = {"turn": 2, "start": 0, "end": 12, "label": "answer"}


def link(a, b, label="answers"):
    return {"from": a, "to": b, "label": label}


def checked(fields, spans, links):
    return check_answer(fields, {"s": spans, "f": links}, DIALOGUE)


def problems_of(fields, spans, links):
    with pytest.raises(InvalidAnswer) as refusal:
        checked(fields, spans, links)
    return [(problem.pointer, problem.code) for problem in refusal.value.problems]


def resolved(fields, spans, links):
    return fields[1].resolve(links, {"s": spans})


def test_links_follow_their_spans_when_these_are_sorted():
    spans, links = [ANSWER, THANKS, QUESTION], [link(1, 2), link(0, 2)]
    answer = checked(linking(), spans, links)
    assert answer == {"s": [QUESTION, ANSWER, THANKS], "f": [link(1, 0), link(2, 0)]}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_whatever_the_order_the_same_texts_are_linked(order):
    spans = [QUESTION, ANSWER, THANKS]
    shuffled = [spans[n] for n in order]
    links = [link(order.index(1), order.index(0)), link(order.index(2), order.index(0), "repeats")]
    assert checked(linking(), shuffled, links)["f"] == [link(1, 0), link(2, 0, "repeats")]


def test_links_follow_spans_whose_outer_space_is_cut_off():
    wide = LATE | {"start": 19}  # with the space before it
    assert checked(linking(), [wide, QUESTION], [link(0, 1)])["f"] == [link(1, 0)]


@pytest.mark.parametrize(
    ("config", "links", "pointer", "code"),
    [
        ({}, "x", "/answer/f", "type"),
        ({}, ["x"], "/answer/f/0", "keys"),
        ({}, [link(0, 1) | {"x": 1}], "/answer/f/0", "keys"),
        ({}, [link(0, 1, "asks")], "/answer/f/0/label", "label"),
        ({}, [link(0, 2)], "/answer/f/0/to", "span"),
        ({}, [link(-1, 1)], "/answer/f/0/from", "type"),
        ({}, [link(True, 1)], "/answer/f/0/from", "type"),
        ({}, [link(1, 1)], "/answer/f/0/to", "self"),
        ({}, [link(0, 1), link(0, 1, "repeats")], "/answer/f/1", "duplicate"),
        ({"directed": False}, [link(0, 1), link(1, 0)], "/answer/f/1", "duplicate"),
        ({"from_labels": ["answer"]}, [link(1, 0)], "/answer/f/0/from", "span_label"),
        ({"to_labels": ["question"]}, [link(1, 0)], "/answer/f/0/to", "span_label"),
        ({"required": True}, [], "/answer/f", "required"),
    ],
)
def test_what_it_refuses(config, links, pointer, code):
    """The spans are given as answer, question: pointers and indexes are those of what was sent."""
    if config.get("from_labels") or config.get("to_labels"):
        links = [link(entry["from"], entry["to"]) for entry in links]
    assert (pointer, code) in problems_of(linking(**config), [ANSWER, QUESTION], links)


def test_bad_spans_are_reported_without_blaming_the_links():
    assert problems_of(linking(), [ANSWER, QUESTION | {"end": 99}], [link(0, 1)]) == [
        ("/answer/s/1/end", "outside")
    ]


def test_without_a_direction_the_earlier_span_comes_first():
    assert checked(linking(directed=False), [ANSWER, QUESTION], [link(0, 1)])["f"] == [link(0, 1)]
    assert checked(linking(directed=False), [QUESTION, ANSWER], [link(1, 0)])["f"] == [link(0, 1)]


def test_two_span_fields_may_be_linked():
    fields = parse_fields(
        [
            {"name": "q", "type": "span", "labels": ["question"]},
            {"name": "a", "type": "span", "labels": ["answer"]},
            {"name": "f", "type": "relation", "from": "a", "to": "q", "labels": ["answers"]},
        ]
    )
    given = {"q": [LATE, QUESTION], "a": [ANSWER], "f": [link(0, 0), link(0, 1)]}
    answer = check_answer(fields, given, DIALOGUE)
    assert answer["f"] == [link(0, 0), link(0, 1)]
    again = fields[2].refer(fields[2].resolve(answer["f"], answer), answer)
    assert again == answer["f"]


def test_every_pair_that_could_be_linked_is_judged():
    fields = linking(from_labels=["answer"], to_labels=["question"])
    value = resolved(fields, [QUESTION, LATE, ANSWER], [link(2, 0)])
    assert fields[1].judgments(value, DIALOGUE) == [("1.0.17>0.0.19", "answers"), ("1.0.17>0.20.31", "")]


def test_people_who_cut_texts_differently_judge_the_same_pairs():
    fields = linking(from_labels=["answer"], to_labels=["question"])
    ours = resolved(fields, [QUESTION, ANSWER], [link(1, 0)])
    same = resolved(fields, [QUESTION, ANSWER], [])
    shorter = resolved(fields, [QUESTION | {"end": 18}, ANSWER | {"start": 3}], [link(1, 0)])
    said = [
        fields[1].judgments(value, DIALOGUE) for value in fields[1].aligned([shorter, ours, same], DIALOGUE)
    ]
    assert said == [[("1.0.17>0.0.19", "answers")], [("1.0.17>0.0.19", "answers")], [("1.0.17>0.0.19", "")]]


def test_who_did_not_mark_a_span_did_not_judge_its_links():
    fields = linking(from_labels=["answer"], to_labels=["question"])
    assert fields[1].judgments(resolved(fields, [QUESTION], []), DIALOGUE) == []


def test_where_very_many_pairs_could_be_linked_only_those_that_somebody_linked_count():
    fields = linking()
    spans = [{"turn": 0, "start": n, "end": n + 1, "label": "question"} for n in range(25)]
    ours, other = resolved(fields, spans, [link(1, 0)]), resolved(fields, spans, [link(2, 0)])
    said = [fields[1].judgments(value, DIALOGUE) for value in fields[1].aligned([ours, other], DIALOGUE)]
    assert said == [
        [("0.1.2>0.0.1", "answers"), ("0.2.3>0.0.1", "")],
        [("0.1.2>0.0.1", ""), ("0.2.3>0.0.1", "answers")],
    ]


def test_units_move_to_the_spans_agreed_on_and_go_with_them():
    relation = linking()[1]
    posteriors = {"1.0.16>0.0.19": {"answers": 0.9, "": 0.1}, "1.0.16>2.0.12": {"answers": 0.8, "": 0.2}}
    kept = relation.within(posteriors, {"s": [QUESTION, ANSWER]})
    assert kept == {"1.0.17>0.0.19": {"answers": 0.9, "": 0.1}}
    value, sure = relation.decode(kept, DIALOGUE)
    assert relation.refer(value, {"s": [QUESTION, ANSWER]}) == [link(1, 0)]
    assert sure == pytest.approx(0.9)


def test_many_certain_blanks_do_not_add_up_to_doubt():
    posteriors = {f"0.{n}.{n + 1}>1.0.17": {"": 0.995} for n in range(200)}
    assert linking()[1].decode(posteriors, DIALOGUE)[1] == 1.0


def test_a_required_relation_takes_the_likeliest_link():
    posteriors = {"1.0.17>0.0.19": {"": 0.6, "answers": 0.3, "repeats": 0.1}, "1.0.17>2.0.12": {"": 1.0}}
    value, sure = linking(required=True)[1].decode(posteriors, DIALOGUE)
    assert [label for _, _, label in value.links] == ["answers"]
    assert sure == pytest.approx(0.3)


def test_links_go_where_their_spans_still_are():
    relation = linking()[1]
    value = relation.resolve([link(1, 0), link(2, 0)], {"s": [QUESTION, ANSWER, THANKS]})
    corrected = {"s": [QUESTION | {"end": 18}, LATE, ANSWER]}
    assert relation.refer(value, corrected) == [link(2, 0)]


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ([], [], 0),
        ([(ANSWER, QUESTION, "answers")], [], 1),
        ([(ANSWER, QUESTION, "answers")], [(ANSWER, QUESTION, "answers")], 0),
        ([(ANSWER, QUESTION, "answers")], [(ANSWER, QUESTION, "repeats")], 1),
        ([(ANSWER, QUESTION, "answers")], [(QUESTION, ANSWER, "answers")], 1),
        ([(ANSWER, QUESTION, "answers"), (THANKS, LATE, "answers")], [(ANSWER, QUESTION, "answers")], 1 / 3),
        ([(ANSWER, QUESTION, "answers")], [(ANSWER | {"end": 11}, QUESTION, "answers")], 1 - 11 / 17),
    ],
)
def test_distances(a, b, distance):
    left, right = Linked((), (), tuple(a)), Linked((), (), tuple(b))
    relation = linking()[1]
    assert relation.distance(left, right, DIALOGUE) == pytest.approx(distance)
    assert relation.distance(right, left, DIALOGUE) == pytest.approx(distance)


def test_the_nearest_place_has_more_than_half_in_common():
    assert nearest((0, 0, 10), [(0, 0, 5), (1, 0, 10)]) is None
    assert nearest((0, 0, 10), [(0, 0, 6), (0, 3, 10)]) == (0, 3, 10)
