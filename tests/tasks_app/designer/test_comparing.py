"""What changed between two versions of a schema."""

import pytest

from tasks_app.designer.comparing import Detail, compare
from tasks_app.fields.schema import fields_to_json, parse_fields

INTENT = {"name": "intent", "type": "choice", "labels": ["refund", "delivery"]}
QA = {"name": "qa", "type": "span", "labels": ["question"]}


def full(*fields):
    return fields_to_json(parse_fields(list(fields)))


def test_the_same_schema_has_not_changed():
    assert compare(full(INTENT, QA), full(INTENT, QA)) == []


def test_fields_come_and_go():
    added, gone = compare(full(INTENT), full(QA))
    assert (added.field, added.kind, added.effect) == ("qa", "added", "new")
    assert (gone.field, gone.kind, gone.effect) == ("intent", "removed", "gone")


@pytest.mark.parametrize(
    ("change", "effect"),
    [
        ({"title": "Why?"}, "looks"),
        ({"help": "Read first."}, "looks"),
        ({"labels": ["refund", "delivery", "other"]}, "wider"),
        ({"labels": ["refund"]}, "narrower"),
        ({"labels": ["refund", {"name": "delivery", "title": "Where is it"}]}, "looks"),
        ({"multi": True}, "narrower"),
        ({"required": False}, "narrower"),
        ({"type": "span"}, "other"),
    ],
)
def test_each_change_says_what_it_means_for_answers(change, effect):
    [found] = compare(full(INTENT), full(INTENT | change))
    assert (found.kind, found.effect) == ("changed", effect)


def test_labels_are_told_by_name():
    [found] = compare(full(INTENT), full(INTENT | {"labels": ["refund", "other"]}))
    assert (found.labels_added, found.labels_removed) == (("other",), ("delivery",))


def test_a_label_that_only_looks_different_is_a_detail():
    [found] = compare(
        full(INTENT), full(INTENT | {"labels": [{"name": "refund", "color": "c3"}, "delivery"]})
    )
    assert found.details == (Detail("refund.color", None, "c3"),)


def test_another_order_is_told():
    changes = compare(full(INTENT, QA), full(QA, INTENT))
    assert [(one.field, one.kind) for one in changes] == [("qa", "moved"), ("intent", "moved")]
