"""Trusted reviewers: a project of its own in which they read a sample for what was missed, by invitation.

They see the texts as the crowd would. Whose an item is, its copy is as well, so that an erasure takes both.
What they mark teaches the model that is one more detector.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict
from privacy.models import TrustedReading
from privacy.pii.surrogates import Surrogates
from privacy.services import vault
from tasks_app import selectors
from tasks_app.content_digests import keyed
from tasks_app.fields.payload import content_hash
from tasks_app.importing.labels import ImportedLabels, store_labels
from tasks_app.known_contents import content_hash_in
from tasks_app.models import Item, Project
from tasks_app.protecting.kinds import FIELD, TEMPLATE
from tasks_app.protecting.missed import Teaching
from tasks_app.services.projects import create_project

_SAME_SUBJECT = """
INSERT INTO privacy_subjectitem (item, subject)
SELECT c.copy, s.subject FROM unnest(%s::uuid[], %s::uuid[]) c (item, copy)
JOIN privacy_subjectitem s ON s.item = c.item ON CONFLICT DO NOTHING
"""
_SAME_VALUES = """
INSERT INTO privacy_blindvalue (digest, item)
SELECT v.digest, c.copy FROM unnest(%s::uuid[], %s::uuid[]) c (item, copy)
JOIN privacy_blindvalue v ON v.item = c.item ON CONFLICT DO NOTHING
"""


@transaction.atomic
def ask_trusted(*, project: Project, actor: User, size: int) -> Project:
    """Make the project in which trusted reviewers read a sample of this one's texts; twice is one."""
    Project.objects.select_for_update().get(pk=project.pk)
    if known := reader_of(project):
        return known
    if project.template == TEMPLATE:
        raise Conflict(_("This project looks for personal data itself."), code="reader")
    items = list(
        Item.objects.filter(project=project, gold__isnull=True, restricted=False)
        .exclude(consent=False)
        .exclude(state=Item.State.WITHDRAWN)
        .order_by("shuffle")[:size]
    )
    if not items:
        raise Conflict(_("Import items first: there is nothing to read."), code="no_items")
    title = _("Find personal data: %(title)s") % {"title": project.title}
    reader = create_project(
        owner=project.owner,
        template=TEMPLATE,
        title=title[:120],
        languages=project.languages,
        visibility=Project.Visibility.INVITED,
        # Colleagues, who need no escrow; the owner may set a pay before it is published.
        reward_minor=0,
        # The texts are what is looked at; nothing more is replaced in them on the way.
        privacy_policy=Project.PrivacyPolicy.KEEP,
        # What is found after all is sealed with the item that the text comes from, once.
        originals=Project.Originals.DISCARD,
    )
    TrustedReading.objects.create(project=project.pk, reader=reader.pk)
    _copy(items, reader)
    audit.record("trusted.asked", reader, actor=actor.pk, project=str(project.pk), items=len(items))
    return reader


def reader_of(project: Project) -> Project | None:
    pk = TrustedReading.objects.filter(project=project.pk).values_list("reader", flat=True).first()
    return Project.objects.filter(pk=pk).first() if pk else None


def _copy(items: list[Item], reader: Project) -> None:
    """The texts alone, under the id of the item that they come from."""
    secret = vault.secret_for(reader.pk)
    made = Item.objects.bulk_create(
        Item(
            project=reader,
            external_id=str(item.pk),
            language=item.language,
            payload=_without_candidates(item.payload),
            content_hash=keyed(secret, content_hash({"of": str(item.pk)})),
            position=_next_position(),
            **_terms(item),
        )
        for item in items
    )
    _belong({item.pk: copy.pk for item, copy in zip(items, made, strict=True)})


def _terms(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("consent", "legal_basis", "licence")}


def _belong(copies: dict[UUID, UUID]) -> None:
    """Copies (item -> copy) are found as their items are: by whose they are, and by who else occurs."""
    with connection.cursor() as cursor:
        for sql in (_SAME_SUBJECT, _SAME_VALUES):
            cursor.execute(sql, [list(copies), list(copies.values())])


def _without_candidates(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != "candidates"}


def _next_position() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('tasks_app_item_position')")
        position: int = cursor.fetchone()[0]
    return position


def add_lesson(teaching: Teaching) -> None:
    """A confirmed miss as an example to train on: its text with a made-up value of the same shape in place.

    The value itself is in the vault by then and teaches nothing that its shape and its surroundings do not.
    """
    project = teaching.item.project
    reader = reader_of(project)
    if reader is None or not teaching.places:
        return
    stand_ins = Surrogates(vault.secret_for(project.pk))
    payload, spans = teaching.example(stand_ins.stand_in)
    version = selectors.current_schema(reader)
    example = Item.objects.create(
        project=reader,
        external_id=f"lesson-{teaching.report}",
        language=teaching.item.language,
        payload=payload,
        content_hash=content_hash_in(reader.pk, {"lesson": str(teaching.report)}),
        position=_next_position(),
        state=Item.State.CLOSED,
        split="train",
        **_terms(teaching.item),
    )
    _belong({teaching.item.pk: example.pk})
    labels = ImportedLabels(example.pk, payload, [], {FIELD: spans})
    store_labels(reader, version, [labels])
