"""Writing a project's fields: a draft that may be wrong, a version that is right, a pilot of some items."""

import json
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from tasks_app.designer.checking import check_text
from tasks_app.fields.schema import fields_to_json
from tasks_app.gallery import catalogue as gallery
from tasks_app.models import Item, Project, SchemaDraft, SchemaVersion
from tasks_app.selectors import schema_fields
from tasks_app.services import projects, slots

MOST_PILOT_ITEMS = 1_000


def latest_version(project: Project) -> SchemaVersion | None:
    return project.schema_versions.order_by("-number").first()


def text_of(project: Project, person: User) -> tuple[str, int]:
    """The fields as `person`'s designer shows them, and the version that they began from; 0: from none."""
    draft = SchemaDraft.objects.filter(project=project, person=person).first()
    if draft is not None:
        return draft.text, draft.base
    version = latest_version(project)
    fields = fields_to_json(schema_fields(version.pk)) if version else []
    return json.dumps(fields, ensure_ascii=False, indent=2), version.number if version else 0


def drafts_of_others(project: Project, person: User) -> QuerySet[SchemaDraft]:
    return SchemaDraft.objects.filter(project=project).exclude(person=person).order_by("-updated_at")


@transaction.atomic
def keep_draft(*, project: Project, person: User, text: str, base: int) -> SchemaDraft:
    """What is in one person's editor, right or wrong. Others' drafts stand beside it."""
    draft, _created = SchemaDraft.objects.update_or_create(
        project=project, person=person, defaults={"text": text.replace("\0", ""), "base": base}
    )
    return draft


def drop_draft(*, project: Project, person: User) -> None:
    """Go on from the latest version instead of one's own draft. Twice is harmless."""
    SchemaDraft.objects.filter(project=project, person=person).delete()


def save_fields(
    *, project: Project, text: str, base: int, actor: User, over: int | None = None
) -> SchemaVersion:
    """The editor's text as the next version. Refused where it is wrong, or another was saved meanwhile.

    `over` is the number of a newer version that the person has seen, and puts theirs after.
    """
    # Before anything is refused, and outside its transaction: what was written must not be lost by that.
    keep_draft(project=project, person=actor, text=text, base=base)
    checked = check_text(text)
    if checked.fields is None:
        problems = [Problem(one.pointer, one.code, one.detail) for one in checked.problems]
        raise Invalid(_("The fields are not right yet. What you wrote is kept."), problems=problems)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        version = latest_version(project)
        number = version.number if version else 0
        if number not in {base, over} and not (version and version.fields == checked.fields):
            raise Conflict(
                _("Somebody has saved version %(number)d of the fields meanwhile. Your text is kept.")
                % {"number": number},
                code="newer_version",
                number=number,
            )
        saved = projects.set_fields(project=project, fields=checked.fields, actor=actor)
        drop_draft(project=project, person=actor)
    return saved


@transaction.atomic
def apply_template(*, project: Project, template: str, actor: User) -> Project:
    """Begin a draft anew from a template. The fields so far stay among the versions; the title is kept."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.state != Project.State.DRAFT:
        raise Conflict(_("Only a draft can change its template."), code="published")
    try:
        chosen = gallery.template(template)
    except gallery.UnknownTemplate as unknown:
        raise Invalid(str(unknown), problems=[Problem("/template", "unknown", str(unknown))]) from None
    settings = projects.settings_of(chosen, actor.language)
    changed = projects.update_project(
        project=project, actor=actor, fields=chosen.fields, template=chosen.name, **settings
    )
    drop_draft(project=project, person=actor)
    return changed


def start_pilot(*, project: Project, items: int, actor: User) -> Project:
    """Publish `items` items only. Asked for again with another number, the pilot grows or stays."""
    if not 1 <= items <= MOST_PILOT_ITEMS:
        detail = _("Give 1 to %(most)d items.") % {"most": MOST_PILOT_ITEMS}
        raise Invalid(detail, problems=[Problem("/items", "range", detail)])
    with transaction.atomic():
        row = Project.objects.select_for_update().get(pk=project.pk)
        if row.state != Project.State.DRAFT and row.pilot_items is None:
            raise Conflict(_("All items are asked already; a pilot comes before that."), code="published")
        row.pilot_items = items
        row.save(update_fields=["pilot_items"])
        audit.record("project.pilot_started", row, actor=actor.pk, items=items)
        return projects.publish_project(project=row, actor=actor)


def end_pilot(*, project: Project, actor: User) -> Project:
    """Ask all items. Refused while the escrow does not hold the money for them; twice is harmless."""
    with transaction.atomic():
        row = Project.objects.select_for_update().get(pk=project.pk)
        if row.pilot_items is None:
            return row
        row.pilot_items = None
        if missing := projects.missing_to_publish(row) if _waits(row) else []:
            raise Conflict(
                _("The other items cannot be published yet."),
                code="not_ready",
                problems=missing,
                missing_minor=slots.missing_minor(row),
            )
        row.save(update_fields=["pilot_items"])
        audit.record("project.pilot_ended", row, actor=actor.pk)
        slots.open_waiting(project_id=row.pk)
        return row


def _waits(project: Project) -> bool:
    waiting: Any = Item.objects.filter(project=project, state=Item.State.WAITING, gold__isnull=True)
    return bool(waiting.exists())
