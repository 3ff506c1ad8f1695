"""Trying a schema out, and the practice task: answers on the real workbench that are nobody's paid work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.roles import grant
from common.errors import Conflict, Invalid, NotFound, Problem
from common.gate import through_gate
from tasks_app import access, selectors
from tasks_app.designer.samples import payload_of, sample_lines
from tasks_app.fields.base import Field
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer, check_fit, fields_to_json, parse_fields
from tasks_app.fields.scoring import scores
from tasks_app.fields.texts import gate_texts
from tasks_app.gallery import catalogue as gallery
from tasks_app.models import Item, Project, TryOut
from tasks_app.services import projects

ITEMS = 5
PRACTICE_ITEMS = 3
PRACTICE = "finance-monitor"


@dataclass(frozen=True)
class Entry:
    """One item of a try: its place, what it shows, its answer so far, and the truth where that is known."""

    place: int
    payload: dict[str, Any]
    answer: dict[str, Any] | None
    truth: dict[str, Any] | None
    name: str


@dataclass(frozen=True)
class Told:
    """How an answer in practice was: 0..1, and what is right."""

    score: float
    truth: dict[str, Any]


def try_for(user: User, try_id: UUID) -> TryOut:
    row = TryOut.objects.select_related("project").filter(pk=try_id, person=user).first()
    if row is None:
        raise NotFound(_("There is no such try."))
    if row.project_id is not None:
        # It shows the project's items as they are now: whoever has left the project has left its tries.
        access.project_for(user, row.project_id)
    return row


@transaction.atomic
def start_try(*, project: Project, person: User) -> TryOut:
    """A new try on the project's first items, or its template's sample; the person's earlier one goes."""
    fields = selectors.schema_fields(selectors.current_schema(project).pk)
    TryOut.objects.filter(project=project, person=person).delete()
    items = _first_items(project) or _sample_items(project.template, fields)
    if not items:
        detail = _("There is no item to try this on. Import some, or paste a text into the preview.")
        raise Conflict(detail, code="no_items", problems=[Problem("/items", "empty", detail)])
    return TryOut.objects.create(
        project=project, person=person, template=items[0].get("template", ""),
        fields=fields_to_json(fields), items=items,
    )  # fmt: skip


@transaction.atomic
def start_practice(*, person: User, template: str = PRACTICE) -> TryOut:
    """The open practice task, or a new one: sample items whose truth is known and told after each answer."""
    current = TryOut.objects.filter(person=person, project=None, finished_at=None).first()
    if current is not None:
        return current
    lines = sample_lines(template)
    places = [n for n, line in enumerate(lines) if line.get("gold")][:PRACTICE_ITEMS]
    return TryOut.objects.create(
        person=person,
        template=template,
        fields=gallery.template(template).fields,
        items=[{"sample": n, "template": template} for n in places],
    )


def _first_items(project: Project) -> list[dict[str, Any]]:
    rows = Item.objects.filter(project=project, restricted=False).exclude(state=Item.State.WITHDRAWN)
    return [{"item": str(pk)} for pk in rows.order_by("position").values_list("pk", flat=True)[:ITEMS]]


def _sample_items(template: str, fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Of the template's own sample those that fit, else of the first other template whose items do."""
    names = dict.fromkeys((template, *(one.name for one in gallery.templates())))
    for name in names:
        lines = sample_lines(name)
        fitting = [n for n, line in enumerate(lines) if not check_fit(fields, payload_of(line))]
        if fitting:
            return [{"sample": n, "template": name} for n in fitting[:ITEMS]]
    return []


def entries(row: TryOut) -> list[Entry]:
    """The items that are still there, in their order; one that was erased or withdrawn is left out."""
    ids = [one["item"] for one in row.items if "item" in one]
    there = Item.objects.filter(pk__in=ids, restricted=False).exclude(state=Item.State.WITHDRAWN)
    items = {str(item.pk): item for item in there}
    found = []
    for place, one in enumerate(row.items):
        answer = row.answers.get(str(place))
        if "item" in one:
            item = items.get(one["item"])
            if item is not None:
                found.append(Entry(place, item.payload, answer, None, item.external_id or str(item.pk)))
        else:
            line = sample_lines(one["template"])[one["sample"]]
            truth = line.get("gold") if row.project_id is None else None
            found.append(Entry(place, payload_of(line), answer, truth, str(line.get("id", place))))
    return found


@transaction.atomic
def answer_try(*, row: TryOut, place: int, answer: Any, seconds: float) -> Told | None:
    """Keep one answer; in practice say how it was. The same answer again changes nothing."""
    row = TryOut.objects.select_for_update().get(pk=row.pk)
    entry = next((one for one in entries(row) if one.place == place), None)
    if entry is None:
        raise NotFound(_("There is no such question."))
    fields = parse_fields(row.fields)
    value = _checked(fields, entry.payload, answer)
    if entry.answer is not None and entry.answer["value"] != value:
        raise Conflict(_("You have answered this question."), code="already_answered")
    told = _told(fields, entry, value)
    kept = {"value": value, "seconds": round(seconds, 1)} | ({"score": told.score} if told else {})
    if entry.answer is None:
        row.answers[str(place)] = kept
        if all(one.answer or one.place == place for one in entries(row)):
            row.finished_at = timezone.now()
        row.save(update_fields=["answers", "finished_at"])
    return told


def _checked(fields: Sequence[Field], payload: dict[str, Any], answer: Any) -> dict[str, Any]:
    try:
        return gate_texts(fields, check_answer(fields, answer, payload), through_gate)
    except InvalidAnswer as invalid:
        problems = [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
        detail = _("The answer does not fit. Nothing was lost; correct it and submit again.")
        raise Invalid(detail, problems=problems) from None


def _told(fields: Sequence[Field], entry: Entry, value: dict[str, Any]) -> Told | None:
    if entry.truth is None:
        return None
    truth = check_answer(fields, entry.truth, entry.payload)
    found = scores(fields, value, truth, entry.payload)
    return Told(sum(found.values()) / len(found) if found else 1.0, truth)


@transaction.atomic
def start_sample_project(*, owner: User, template: str) -> Project:
    """The guided sample: a draft for invited people with nothing to pay; twice gives the same.

    The owner is invited to it, so that the first answers can be their own.
    """
    User.objects.select_for_update().get(pk=owner.pk)
    rules: dict[str, Any] = {"reward_minor": 0, "visibility": Project.Visibility.INVITED}
    drafts = Project.objects.filter(owner=owner, template=template, state=Project.State.DRAFT, **rules)
    if (known := drafts.first()) is not None:
        return known
    alone: dict[str, Any] = {"overlap_min": 1, "overlap_max": 1, "gold_share": 0.0, "sample_check_share": 0.0}
    project = projects.create_project(owner=owner, template=template, **rules, **alone)
    project.title = _("Sample: %s") % project.title
    project.save(update_fields=["title"])
    grant(owner, Role.ANNOTATOR, project.pk)
    return project
