"""A project's answer schema: an ordered list of fields, and the check of a whole answer against it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks_app.fields.base import Field, Others, Payload
from tasks_app.fields.choice import ChoiceField
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.problem import InvalidAnswer, InvalidField, Problem, said, step
from tasks_app.fields.rank import RankField
from tasks_app.fields.relation import RelationField
from tasks_app.fields.scale import ScaleField
from tasks_app.fields.span import SpanField
from tasks_app.fields.text import TextField

_ALL: tuple[type[Field], ...] = (ChoiceField, SpanField, ScaleField, TextField, RankField, RelationField)
TYPES: dict[str, type[Field]] = {cls.type: cls for cls in _ALL}
MAX_FIELDS = 20
_KNOWN_KEYS = frozenset().union(*(cls.keys for cls in TYPES.values()))


def parse_fields(raw: object) -> tuple[Field, ...]:
    """The fields of a schema, or InvalidField with pointers such as "/fields/0/labels"."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_FIELDS:
        detail = said("Give a list of 1 to %(most)s answer fields.", most=MAX_FIELDS)
        raise InvalidField([Problem("/fields", "fields", detail)])
    problems: list[Problem] = []
    fields = [_parse_field(entry, step("/fields", index), problems) for index, entry in enumerate(raw)]
    names: set[str] = set()
    for index, field in enumerate(fields):
        if field and field.name and field.name in names:
            detail = said("Another field has this name.")
            problems.append(Problem(f"/fields/{index}/name", "duplicate", detail))
        names.add(field.name if field else "")
    problems += _reference_problems(fields)
    about_pairs = any(field and field.scope == "pair" for field in fields)
    for index, field in enumerate(fields):
        if about_pairs and field and field.speakers:
            detail = said("Another field is about a pair, whose texts have no speakers; remove this.")
            problems.append(Problem(f"/fields/{index}/speakers", "scope", detail))
    if problems:
        raise InvalidField(problems)
    return tuple(field for field in fields if field)


def fields_to_json(fields: Sequence[Field]) -> list[dict[str, Any]]:
    return [field.to_json() for field in fields]


def check_answer(fields: Sequence[Field], answer: object, payload: Payload) -> dict[str, Any]:
    """The canonical answer: every field once, in the schema's order, blank ones with their empty value.

    Raises InvalidAnswer with every problem, pointers such as "/answer/qa/0/end". `payload` must be checked.
    """
    if not isinstance(answer, Mapping):
        detail = 'Expected an object of field names and values, such as {"intent": "refund"}.'
        raise InvalidAnswer([Problem("/answer", "type", detail)])
    names = [field.name for field in fields]
    problems = [
        Problem(step("/answer", key), "unknown_field", f"No such field. The fields are: {', '.join(names)}.")
        for key in answer
        if key not in names
    ]
    canonical: dict[str, Any] = {}
    moved: dict[str, Sequence[int]] = {}
    referred = {name for field in fields for name in field.refers}
    for field in fields:
        value = answer.get(field.name)
        given = field.empty(payload) if value is None else value
        try:
            pointer = step("/answer", field.name)
            checked = field.check_among(given, Others(canonical, moved), payload, pointer)
        except InvalidAnswer as invalid:
            problems += invalid.problems
            continue
        canonical[field.name] = checked
        if field.name in referred:
            moved[field.name] = field.moved(given, payload)
    if problems:
        raise InvalidAnswer(problems)
    return canonical


def check_fit(fields: Sequence[Field], payload: Payload) -> list[Problem]:
    """Why these fields cannot be asked about this item; empty when they can."""
    pairs = [
        Problem(
            "/pair",
            "scope",
            said('The field "%(field)s" is about a pair, but this item is none.', field=field.name),
        )
        for field in fields
        if field.scope == "pair" and "pair" not in payload
    ]
    return pairs + [
        Problem(
            "/candidates",
            "scope",
            said('The field "%(field)s" ranks candidates; give at least two.', field=field.name),
        )
        for field in fields
        if field.scope == "candidates" and len(payload.get("candidates", ())) < 2
    ]


def _reference_problems(fields: Sequence[Field | None]) -> list[Problem]:
    """A field may speak of those before it: people mark first, and then link what they marked."""
    problems: list[Problem] = []
    earlier: dict[str, Field] = {}
    for index, field in enumerate(fields):
        if field:
            problems += field.reference_problems(earlier, step("/fields", index))
            earlier[field.name] = field
    return problems


def _parse_field(entry: object, pointer: str, problems: list[Problem]) -> Field | None:
    if not isinstance(entry, Mapping):
        detail = said('Expected an object such as {"name": "intent", "type": "choice"}.')
        problems.append(Problem(pointer, "type", detail))
        return None
    kind = entry.get("type")
    cls = TYPES.get(kind) if isinstance(kind, str) else None
    if cls is None:
        detail = said("No such field type here. Use one of: %(types)s.", types=", ".join(TYPES))
        problems.append(Problem(f"{pointer}/type", "field_type", detail))
        return None
    reader = ConfigReader(entry, pointer)
    reader.allow(cls.keys, _KNOWN_KEYS)
    field = cls.parse(reader)
    problems += reader.problems
    return field
