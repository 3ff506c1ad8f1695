"""Tasks as Label Studio writes them."""

from typing import Any

import pytest

from tasks_app.fields.schema import parse_fields
from tasks_app.importing.lines import LineRefused, parse_item

FIELDS = parse_fields(
    [
        {"name": "qa", "type": "span", "labels": ["question", "answer"]},
        {"name": "links", "type": "relation", "from": "qa", "labels": ["answers"]},
        {"name": "topics", "type": "choice", "multi": True, "labels": ["parcel", "money"], "required": False},
        {"name": "stars", "type": "scale", "required": False},
        {"name": "reply", "type": "text", "required": False},
    ]
)
TEXT = "👩🏽‍💻 Where is it? Here."


def region(name: str, text: str, label: str) -> dict[str, Any]:
    """As a browser counts: in UTF-16 units, of which the emoji before the text is seven, not four."""
    start = len(TEXT[: TEXT.index(text)].encode("utf-16-le")) // 2
    place = {"start": start, "end": start + len(text), "text": text, "labels": [label]}
    return {"id": name, "from_name": "qa", "type": "labels", "value": place}


def task(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    by = {"id": 7, "completed_by": {"email": "w@example.org"}, "lead_time": 12.5}
    return {"id": 5, "data": {"text": TEXT}, "annotations": [by | {"result": list(results)} | more]}


def test_a_task_of_its_own_making():
    item = parse_item(
        task(
            region("x1", "Here.", "answer"),
            region("x2", "Where is it?", "question"),
            {"type": "relation", "from_id": "x1", "to_id": "x2", "labels": ["answers"]},
            {"from_name": "topics", "type": "choices", "value": {"choices": ["money", "parcel"]}},
            {"from_name": "stars", "type": "rating", "value": {"rating": 4}},
            {"from_name": "reply", "type": "textarea", "value": {"text": ["It is", "here."]}},
            {"from_name": "unknown", "type": "choices", "value": {"choices": ["x"]}},
        ),
        FIELDS,
    )
    assert (item.external_id, item.payload) == ("5", {"text": TEXT})
    answer = item.answers[0]
    assert (answer.annotator, answer.seconds) == ("w@example.org", 12.5)
    quoted = [TEXT[span["start"] : span["end"]] for span in answer.value["qa"]]
    assert quoted == ["Where is it?", "Here."]
    assert answer.value["links"] == [{"from": 1, "to": 0, "label": "answers"}]
    assert answer.value["topics"] == ["parcel", "money"]
    assert (answer.value["stars"], answer.value["reply"]) == (4, "It is\nhere.")


def test_ground_truth_is_what_is_approved():
    item = parse_item(task({"from_name": "stars", "value": {"number": 2}}, ground_truth=True), FIELDS)
    assert item.answers == [] and item.approved is not None and item.approved["stars"] == 2


@pytest.mark.parametrize(
    "broken",
    [
        task({"from_name": "qa", "value": {"startOffset": 1, "endOffset": 2, "start": "first"}}),
        task({"from_name": "qa", "value": None}),
        task({"from_name": "stars", "value": {"rating": 9}}),
        {"data": {"image": "x.png"}},
        {"data": {"dialogue": [{"text": 5}]}},
        {"data": {"text": "x"}, "annotations": [{"result": [5]}]},
        {"data": {"text": "x"}, "annotations": [{"result": "x"}]},
    ],
)
def test_what_cannot_be_read_is_one_bad_line(broken):
    with pytest.raises(LineRefused):
        parse_item(broken, FIELDS)
