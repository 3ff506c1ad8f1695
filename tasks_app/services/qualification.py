"""Qualifications: made and changed by their owner, given and taken by hand, earned by work."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.gate import note_replaced, through_gate
from privacy.pii.payload import redact_payload
from tasks_app.fields.base import Field
from tasks_app.fields.payload import PAYLOAD_KEYS, check_payload, turn_texts
from tasks_app.fields.problem import Rejected
from tasks_app.fields.schema import check_answer, fields_to_json, parse_fields
from tasks_app.fields.texts import gate_texts
from tasks_app.importing.lines import carry_value
from tasks_app.models import Item, Project, Qualification, QualificationItem, WorkerQualification
from tasks_app.requiring import is_uuid

MOST_ITEMS = 500
Kind, Source, Part = Qualification.Kind, WorkerQualification.Source, QualificationItem.Part
TESTS = {Kind.EXAM, Kind.TRAINING}


@transaction.atomic
def define_qualification(
    *, owner: User, items: Sequence[Any] | None = None, **settings: Any
) -> Qualification:
    """A new qualification with its questions. Invalid (422) points at everything that does not fit."""
    return _save(Qualification(owner=owner), items or [], settings, owner, "qualification.defined")


@transaction.atomic
def change_qualification(
    *, qualification: Qualification, actor: User, items: Sequence[Any] | None = None, **settings: Any
) -> Qualification:
    """Change it from now on; who has it keeps it. Questions are replaced when given, old ones only retired:
    attempts under way go on with what they have drawn."""
    row = Qualification.objects.select_for_update().get(pk=qualification.pk)
    return _save(row, items, settings, actor, "qualification.changed")


def _save(
    row: Qualification, items: Sequence[Any] | None, settings: dict[str, Any], actor: User, what: str
) -> Qualification:
    for name, value in settings.items():
        setattr(row, name, value)
    problems = _check(row)
    fields = _parse(row, problems)
    checked = _check_items(items or [], fields, problems) if fields or items else []
    if problems:
        raise Invalid(_("Some of what was sent does not fit."), problems=problems)
    row.save()
    if items is not None:
        row.items.filter(retired_at=None).update(retired_at=timezone.now())
        QualificationItem.objects.bulk_create(
            QualificationItem(qualification=row, number=number, **one) for number, one in enumerate(checked)
        )
    audit.record(what, row, actor=actor.pk, kind=row.kind)
    return row


def _check(row: Qualification) -> list[Problem]:
    problems = []
    if not row.title.strip():
        problems.append(Problem("/title", "required", _("Give it a title.")))
    if not 0 <= row.pass_mark <= 1:
        problems.append(Problem("/pass_mark", "range", _("Give a share from 0 to 1.")))
    if not 30 <= row.time_limit <= 24 * 3600:
        problems.append(Problem("/time_limit", "range", _("Give between 30 seconds and a day.")))
    if row.kind == Kind.SKILL and not _earnable(row):
        text = _('Give {"project", "field", "accuracy" from 0 to 1, "answers"} of a project of yours.')
        problems.append(Problem("/earn", "shape", text))
    return problems


def _earnable(row: Qualification) -> bool:
    rule = row.earn
    if not isinstance(rule, dict) or not {"project", "field", "accuracy", "answers"} <= set(rule):
        return False
    accuracy, answers = rule["accuracy"], rule["answers"]
    numbers = isinstance(accuracy, (int, float)) and isinstance(answers, int) and 0 <= accuracy <= 1
    if not (numbers and is_uuid(rule["project"])):
        return False
    return Project.objects.filter(pk=rule["project"], owner=row.owner).exists()


def _parse(row: Qualification, problems: list[Problem]) -> tuple[Field, ...]:
    if row.kind not in TESTS and not row.fields:
        return ()
    try:
        fields = parse_fields(row.fields)
    except Rejected as error:
        problems += [Problem(p.pointer, p.code, p.detail) for p in error.problems]
        return ()
    row.fields = fields_to_json(fields)
    return fields


def _check_items(
    items: Sequence[Any], fields: tuple[Field, ...], problems: list[Problem]
) -> list[dict[str, Any]]:
    if len(items) > MOST_ITEMS:
        problems.append(Problem("/items", "too_many", _("Give up to 500 questions.")))
        return []
    return [one for n, raw in enumerate(items) if (one := _check_item(raw, n, fields, problems))]


def _gated(
    fields: tuple[Field, ...], payload: dict[str, Any], answer: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A question is shown to everybody who takes the test: its texts pass the gate, its labels move along."""
    clean = redact_payload(payload, turn_texts(payload), policy="placeholder", secret=b"", language="")
    note_replaced(clean.counts)
    moved = carry_value(fields, answer, lambda turn, start, end: clean.maps[turn].span(start, end))
    return clean.payload, gate_texts(fields, moved, through_gate)


def _check_item(
    raw: Any, number: int, fields: tuple[Field, ...], problems: list[Problem]
) -> dict[str, Any] | None:
    where = f"/items/{number}"
    if not isinstance(raw, dict):
        problems.append(Problem(where, "type", _("Expected an object with a text or turns, and an answer.")))
        return None
    part = raw.get("part", Part.EXAM)
    if part not in Part.values:
        problems.append(Problem(f"{where}/part", "choice", _("Give training or exam.")))
        return None
    try:
        payload = check_payload({key: raw[key] for key in PAYLOAD_KEYS if key in raw})
        answer = check_answer(fields, raw.get("answer"), payload)
        payload, answer = _gated(fields, payload, answer)
    except Rejected as error:
        problems += [Problem(where + p.pointer, p.code, p.detail) for p in error.problems]
        return None
    explanation = str(raw.get("explanation") or "")[:2000]
    return {
        "part": part,
        "payload": payload,
        "answer": {name: answer[name] for name in raw["answer"]},
        "explanation": explanation,
        # Only a copy of gold says where it comes from; what is sent as JSON cannot.
        "source_id": raw["source"] if isinstance(raw.get("source"), UUID) else None,
    }


@transaction.atomic
def add_from_gold(*, qualification: Qualification, project: Project, actor: User, part: str) -> int:
    """Copy a project's gold items into the test. Whoever meets them there never gets them as hidden gold."""
    schema = project.schema_versions.order_by("-number").first()
    if schema is None or not qualification.fields:
        raise Conflict(_("Give the qualification the project's answer fields first."), code="no_fields")
    known = set(qualification.items.filter(retired_at=None).values_list("source", flat=True))
    gold = Item.objects.filter(project=project, gold__isnull=False).exclude(state=Item.State.WITHDRAWN)
    fresh = [item for item in gold.order_by("position")[:MOST_ITEMS] if item.pk not in known]
    fields = parse_fields(qualification.fields)
    problems: list[Problem] = []
    raw = [{**item.payload, "answer": item.gold, "part": part, "source": item.pk} for item in fresh]
    checked = _check_items(raw, fields, problems)
    if problems:
        raise Invalid(_("The gold of this project does not fit the test's fields."), problems=problems)
    start = qualification.items.count()
    QualificationItem.objects.bulk_create(
        QualificationItem(qualification=qualification, number=start + n, **one)
        for n, one in enumerate(checked)
    )
    audit.record("qualification.items_added", qualification, actor=actor.pk, project=str(project.pk))
    return len(checked)


@transaction.atomic
def grant_qualification(*, qualification: Qualification, worker: User, actor: User, reason: str = "") -> None:
    """Give it by hand; or give back what was earned and taken, which stays earned. Twice is harmless."""
    earned = WorkerQualification.objects.filter(qualification=qualification, worker=worker)
    row = earned.exclude(source=Source.GRANTED).first()
    source, score = (row.source, row.score) if row else (Source.GRANTED, None)
    hold(qualification, worker, source, score=score, granted_by=actor, reason=reason)
    audit.record("qualification.granted", qualification, actor=actor.pk, worker=str(worker.pk))


@transaction.atomic
def revoke_qualification(*, qualification: Qualification, worker: User, actor: User, reason: str) -> None:
    """Take it away by hand. Only a grant by hand gives it back."""
    if not reason.strip():
        detail = _("Say why: the person is shown this.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    changed = WorkerQualification.objects.filter(
        qualification=qualification, worker=worker, revoked_at=None
    ).update(revoked_at=timezone.now(), revoked_by=actor, reason=reason[:300])
    if not changed:
        raise Conflict(_("This person does not have the qualification."), code="not_held")
    audit.record("qualification.revoked", qualification, actor=actor.pk, worker=str(worker.pk))
    _tell(qualification, worker, "qualification_revoked", reason)


def hold(
    qualification: Qualification,
    worker: User,
    source: str,
    *,
    score: float | None = None,
    granted_by: User | None = None,
    reason: str = "",
) -> bool:
    """Note that the person has it, inside the caller's transaction; what a person took stays taken."""
    now = timezone.now()
    until = now + timedelta(seconds=qualification.valid_for) if qualification.valid_for else None
    row, _made = WorkerQualification.objects.select_for_update(of=("self",)).get_or_create(
        qualification=qualification, worker=worker, defaults={"source": source, "granted_at": now}
    )
    if row.revoked_at and row.revoked_by_id and granted_by is None:
        return False
    row.source, row.score, row.granted_by, row.granted_at = source, score, granted_by, now
    row.expires_at, row.revoked_at, row.revoked_by, row.reason = until, None, None, reason[:300]
    row.save()
    _tell(qualification, worker, "qualification_held", "")
    return True


def _tell(qualification: Qualification, worker: User, kind: str, reason: str) -> None:
    notify(
        user_id=worker.pk,
        kind=kind,
        url=f"/qualifications/{qualification.pk}/",
        title=qualification.title,
        reason=reason,
    )
