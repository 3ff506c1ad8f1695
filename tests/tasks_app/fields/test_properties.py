"""What holds for every answer of scales, ranks and relations."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tasks_app.fields.payload import check_payload, turn_texts
from tasks_app.fields.schema import check_answer, parse_fields
from tests.tasks_app.fields.samples import payloads, token_spans

SCHEMA = parse_fields(
    [
        {"name": "s", "type": "span", "labels": ["question", "answer"]},
        {"name": "mood", "type": "scale", "min": -2, "max": 4, "step": 2, "required": False},
        {"name": "by_turn", "type": "scale", "scope": "turn"},
        {"name": "best", "type": "rank", "required": False},
        {"name": "top", "type": "rank", "top": 2},
        {"name": "links", "type": "relation", "from": "s", "labels": ["answers", "repeats"]},
        {"name": "alike", "type": "relation", "from": "s", "labels": ["same"], "directed": False},
    ]
)
SPANS = SCHEMA[0]


@st.composite
def ranked_payloads(draw):
    payload = draw(payloads())
    names = draw(
        st.lists(st.sampled_from(["a", "b", "最好", "👍🏿", "أ"]), min_size=2, max_size=5, unique=True)
    )
    return check_payload(payload | {"candidates": [{"id": name, "text": f"reply {name}"} for name in names]})


@st.composite
def answers(draw, payload):
    """As a client sends them: spans and links in any order."""
    spans = draw(st.permutations(draw(token_spans(payload, SPANS.labels))))
    pairs = [(a, b) for a in range(len(spans)) for b in range(len(spans)) if a != b]
    ids = [candidate["id"] for candidate in payload["candidates"]]
    turns = draw(st.sets(st.integers(0, len(turn_texts(payload)) - 1)))
    linked = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=5)) if pairs else []
    alike = draw(st.lists(st.sampled_from(pairs), unique_by=frozenset, max_size=5)) if pairs else []
    return {
        "s": spans,
        "mood": draw(st.none() | st.sampled_from([-2, 0, 2, 4, "2"])),
        "by_turn": [{"turn": turn, "value": draw(st.integers(1, 5))} for turn in turns],
        "best": draw(st.just([]) | st.permutations(ids)),
        "top": draw(st.permutations(ids))[:2],
        "links": [
            {"from": a, "to": b, "label": draw(st.sampled_from(["answers", "repeats"]))} for a, b in linked
        ],
        "alike": [{"from": a, "to": b, "label": "same"} for a, b in alike],
    }


@given(st.data(), ranked_payloads())
def test_checking_twice_changes_nothing(data, payload):
    canonical = check_answer(SCHEMA, data.draw(answers(payload)), payload)
    assert check_answer(SCHEMA, json.loads(json.dumps(canonical)), payload) == canonical


@given(st.data(), ranked_payloads())
def test_the_texts_that_were_linked_stay_linked(data, payload):
    given_ = data.draw(answers(payload))
    canonical = check_answer(SCHEMA, given_, payload)

    def texts(answer):
        return {
            (*answer["s"][one["from"]].items(), *answer["s"][one["to"]].items(), one["label"])
            for one in answer["links"]
        }

    assert texts(canonical) == texts(given_)


@given(st.data(), ranked_payloads())
def test_one_answer_alone_is_what_is_decoded(data, payload):
    answer = check_answer(SCHEMA, data.draw(answers(payload)), payload)
    agreed = {}
    for field in SCHEMA:
        judgments = field.judgments(field.resolve(answer[field.name], answer), payload)
        posteriors = field.within({unit: {label: 1.0} for unit, label in judgments}, agreed)
        value, sure = field.decode(posteriors, payload)
        agreed[field.name] = field.refer(value, agreed)
        assert agreed[field.name] == answer[field.name]
        assert sure == 1.0 or answer[field.name] in (None, [])


@given(st.data(), ranked_payloads())
def test_distance_is_symmetric_zero_for_equals_and_within_bounds(data, payload):
    a, b = (check_answer(SCHEMA, data.draw(answers(payload)), payload) for _ in range(2))
    for field in SCHEMA:
        left, right = field.resolve(a[field.name], a), field.resolve(b[field.name], b)
        distance = field.distance(left, right, payload)
        assert 0.0 <= distance <= 1.0
        assert distance == field.distance(right, left, payload)
        assert field.distance(left, left, payload) == 0.0
        assert distance > 0.0 or a[field.name] == b[field.name] or field.refers


@given(st.data(), ranked_payloads())
def test_alignment_does_not_depend_on_who_came_first(data, payload):
    relation = SCHEMA[5]
    given_ = [check_answer(SCHEMA, data.draw(answers(payload)), payload) for _ in range(3)]
    values = [relation.resolve(one["links"], one) for one in given_]
    forth, back = relation.aligned(values, payload), relation.aligned(values[::-1], payload)
    assert forth == back[::-1]
