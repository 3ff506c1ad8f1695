"""A person's value in place of the crowd's."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotations.models import COUNTED, Answer, Consensus
from annotations.references import certain, restate
from annotations.settling import consensus_of
from common.errors import Conflict, Invalid, Problem
from tasks_app import selectors
from tasks_app.fields.base import Field, Others
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.models import Item
from tasks_app.typed_answers import gate_answer


def field_of(row: Consensus) -> Field:
    return _field_among(row, _fields_of(row))


def canonical_value(row: Consensus, value: Any, item: Item) -> Any:
    """The value as it is stored; Invalid with every problem if it does not fit the field."""
    field = field_of(row)
    try:
        checked = field.check_among(value, _others(field, _values(item)), item.payload, "/value")
    except InvalidAnswer as invalid:
        problems = [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
        raise Invalid(_("The corrected value does not fit this field."), problems=problems) from None
    return gate_answer([field], {field.name: checked}, item, row.project)[field.name]


def put_value(row: Consensus, value: Any, item: Item) -> None:
    """Hold a canonical value to be certain; fields that speak of this one go on saying the same."""
    fields = _fields_of(row)
    field = _field_among(row, fields)
    rows = consensus_of([item.pk])[item.pk]
    values = {name: other.value for name, other in rows.items()}
    row.value, row.state, row.confidence = value, Consensus.State.CORRECTED, 1.0
    row.posterior = certain(field, value, values, item.payload)
    row.save(update_fields=["value", "state", "confidence", "posterior", "updated_at"])
    for dependent in restate(fields, rows | {row.field: row}, dict.fromkeys(rows, values)):
        dependent.save(update_fields=["value", "updated_at"])


def note_mistakes(row: Consensus, item: Item, category: str) -> None:
    """The answers that said something else get the category, so that it can be counted by person."""
    field, values = field_of(row), _values(item)
    truth = field.resolve(row.value, values)
    wrong = [
        answer.pk
        for answer in Answer.objects.filter(COUNTED, item=item)
        if field.name in answer.value
        and field.distance(field.resolve(answer.value[field.name], answer.value), truth, item.payload)
    ]
    Answer.objects.filter(pk__in=wrong, category="").update(category=category)


def comes_to_the_same(row: Consensus, one: Any, other: Any, item: Item) -> bool:
    field, values = field_of(row), _values(item)
    return not field.distance(field.resolve(one, values), field.resolve(other, values), item.payload)


def _values(item: Item) -> dict[str, Any]:
    return {name: row.value for name, row in consensus_of([item.pk])[item.pk].items()}


def _fields_of(row: Consensus) -> Sequence[Field]:
    """The fields as they were asked in the latest answer; without answers as they are asked now."""
    latest = Answer.objects.filter(item_id=row.item_id).order_by("created_at").last()
    version = latest.schema_version_id if latest else selectors.current_schema(row.project).pk
    return selectors.schema_fields(version)


def _others(field: Field, values: Mapping[str, Any]) -> Others:
    """The consensus on the fields that `field` refers to, as the reviewer sees it."""
    there = {name: values[name] or [] for name in field.refers if name in values}
    return Others(there, {name: range(len(value)) for name, value in there.items()})


def _field_among(row: Consensus, fields: Sequence[Field]) -> Field:
    for field in fields:
        if field.name == row.field:
            return field
    raise Conflict(_("The project no longer has this field."), code="no_field")
