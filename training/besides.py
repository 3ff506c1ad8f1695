"""What a model reads beside the text of an item: a ranking's candidates, a relation's marked spans.

The spans of a relation are another field's answer. They stand in the payload under "beside", by that field's
name, in the rows of a snapshot as in what a model is asked; links are indexes into them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from common.errors import Conflict, Invalid, Problem
from tasks_app.fields.base import Field
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import parse_fields
from training.models import Model, ModelVersion

BESIDE = "beside"
RANK, RELATION = "rank", "relation"
Payload = dict[str, Any]
Spans = list[dict[str, Any]]
Ask = Callable[[ModelVersion, Sequence[Payload]], Sequence[Any]]  # a version's answers to payloads


def taken_apart(model: Model, item: object) -> tuple[object, Any]:
    """An item without what was sent beside its text, and that; only a relation has such."""
    if model.head != RELATION or not isinstance(item, Mapping):
        return item, None
    return {key: value for key, value in item.items() if key != BESIDE}, item.get(BESIDE)


def complete(
    version: ModelVersion, model: Model, payloads: Sequence[Payload], given: Sequence[Any], *, ask: Ask
) -> list[Payload]:
    """The payloads with all that a version of `model` reads; spans that were not sent come from their model.

    Raises Invalid with pointers to what is wrong or missing, Conflict where spans were not sent and no model
    of theirs is in production.
    """
    if model.head == RANK:
        _require_candidates(payloads)
    if model.head != RELATION:
        return list(payloads)
    fields = {field.name: field for field in parse_fields(version.snapshot.fields)}
    names = fields[model.field].refers
    found = _sent(payloads, given, [fields[name] for name in names])
    for name in names:
        missing = [index for index, spans in enumerate(found) if name not in spans]
        if missing:
            answers = ask(_in_production(model, name), [payloads[index] for index in missing])
            for index, answer in zip(missing, answers, strict=True):
                found[index][name] = answer.value
    return [{**payload, BESIDE: spans} for payload, spans in zip(payloads, found, strict=True)]


def _sent(
    payloads: Sequence[Payload], given: Sequence[Any], fields: Sequence[Field]
) -> list[dict[str, Spans]]:
    """Of each item the spans that came with it, by field, in their canonical order."""
    found: list[dict[str, Spans]] = []
    problems: list[Problem] = []
    for index, (payload, raw) in enumerate(zip(payloads, given, strict=True)):
        pointer = f"/items/{index}/{BESIDE}"
        found.append({})
        if raw is not None and not isinstance(raw, Mapping):
            problems.append(Problem(pointer, "type", _("Expected an object of spans by the field’s name.")))
            continue
        for field in fields:
            if raw is not None and field.name in raw:
                try:
                    found[-1][field.name] = field.check(raw[field.name], payload, f"{pointer}/{field.name}")
                except InvalidAnswer as invalid:
                    problems += [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
    if problems:
        raise Invalid(_("Some of the items cannot be read."), problems=problems)
    return found


def _in_production(model: Model, field: str) -> ModelVersion:
    """The version that marks the spans of `field` in the same project."""
    versions = ModelVersion.objects.filter(model__project=model.project_id, model__field=field)
    version = versions.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    if version is None:
        detail = _("This model links marked texts. Send them under “beside”, or promote a model of “%s”.")
        raise Conflict(detail % field, code="no_spans")
    return version


def _require_candidates(payloads: Sequence[Payload]) -> None:
    detail = _("A ranking needs candidates to put in order.")
    problems = [
        Problem(f"/items/{index}/candidates", "required", detail)
        for index, payload in enumerate(payloads)
        if not payload.get("candidates")
    ]
    if problems:
        raise Invalid(_("Some of the items cannot be read."), problems=problems)
