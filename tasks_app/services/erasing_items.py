"""Taking the texts of items back for good, or for a while, on behalf of somebody who occurs in them."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace
from django.utils import timezone

from privacy.services import vault
from tasks_app.content_digests import HEAD, keyed
from tasks_app.models import (
    Assignment,
    ErasedText,
    Flag,
    Item,
    QualificationAttempt,
    QualificationItem,
    TryOut,
)
from tasks_app.services import slots
from tasks_app.services.withdrawal import take_back

TOMBSTONE = {"text": ""}
REASON = "erased"


def begin(item_ids: Collection[UUID]) -> list[Item]:
    """Lock what an erasure of these items needs: imports into their projects, leases, the items."""
    projects = Item.objects.filter(pk__in=item_ids).order_by().values_list("project", flat=True).distinct()
    take_turn_with_imports(list(projects))
    return lock_for_erasure(item_ids)


def lock_for_erasure(item_ids: Collection[UUID]) -> list[Item]:
    """Lock the items and whatever is lent of them; whoever is just handing in comes first.

    An answer locks its lease before its item, so leases are locked before items here as well. What was lent
    between the two is seen only then: the locks are given back and taken anew until nothing came between.
    """
    while True:
        point = transaction.savepoint()
        held = set(
            _leases(item_ids).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
        )
        items = list(
            Item.objects.select_for_update(of=("self",))
            .select_related("project")
            .filter(pk__in=item_ids)
            .order_by("pk")
        )
        if held >= set(_leases(item_ids).values_list("pk", flat=True)):
            transaction.savepoint_commit(point)
            return items
        transaction.savepoint_rollback(point)


def _leases(item_ids: Collection[UUID]) -> QuerySet[Assignment]:
    # Those that ran out may still be answered late.
    states = [Assignment.State.LEASED, Assignment.State.EXPIRED]
    return Assignment.objects.filter(item__in=item_ids, state__in=states)


def withdraw_locked(items: Sequence[Item], *, reason: str) -> int:
    """Nobody is asked any more; whoever holds one is paid a share, unused money goes back to the escrow."""
    for item in items:
        if item.state != Item.State.WITHDRAWN:
            slots.close_item(item_id=item.pk, state=Item.State.WITHDRAWN)
        live = list(Assignment.objects.filter(item=item, state=Assignment.State.LEASED).order_by("pk"))
        take_back(item=item, live=live, reason=reason)
        Assignment.objects.filter(item=item, state=Assignment.State.EXPIRED).update(
            state=Assignment.State.WITHDRAWN
        )
    return len(items)


def empty_items(items: Sequence[Item]) -> int:
    """Leave nothing of withdrawn items but number and place; note the texts, so that none returns."""
    fresh = [item for item in items if item.payload != TOMBSTONE]
    _note_texts(fresh)
    ids = [item.pk for item in items]
    hollow = Concat(Value("erased:"), Replace(Cast("pk", models.CharField()), Value("-"), Value("")))
    Item.objects.filter(pk__in=ids).update(
        payload=TOMBSTONE, meta={}, external_id="", group="", gold=None, language="", content_hash=hollow,
        needs_aggregation=False, restricted=False,
    )  # fmt: skip
    Assignment.objects.filter(item__in=ids).exclude(item_group="", claim_key="").update(
        item_group="", claim_key=""
    )
    Flag.objects.filter(item__in=ids).exclude(comment="").update(comment="", resolved_at=timezone.now())
    empty_questions(QualificationItem.objects.filter(source__in=ids))
    for pk in ids:
        TryOut.objects.filter(items__contains=[{"item": str(pk)}]).delete()
    return len(fresh)


def empty_questions(questions: QuerySet[QualificationItem]) -> int:
    """Test questions that were copied from an item count for nobody any more, and hold nothing."""
    ids = [str(pk) for pk in questions.values_list("pk", flat=True)]
    if not ids:
        return 0
    for attempt in QualificationAttempt.objects.filter(answers__has_any_keys=ids).select_for_update():
        attempt.answers = {name: said for name, said in attempt.answers.items() if name not in ids}
        attempt.save(update_fields=["answers"])
    return questions.update(
        payload=TOMBSTONE, answer={}, explanation="", retired_at=timezone.now(), retired_for_wrong=True
    )


# -- so that a text does not come back by the next file --------------------------------------------------


def _digest(secret: bytes, content_hash: str) -> str:
    return hmac.digest(secret, b"erased text\0" + content_hash[:HEAD].encode(), hashlib.sha256).hex()


def take_turn_with_imports(project_ids: Iterable[UUID]) -> None:
    """Alone, or with other imports only: what an import knows of erased texts must be what is true."""
    _lock("pg_advisory_xact_lock", project_ids)


def take_turn_with_erasures(project_id: UUID) -> None:
    _lock("pg_advisory_xact_lock_shared", [project_id])


def _lock(function: str, project_ids: Iterable[UUID]) -> None:
    with connection.cursor() as cursor:
        for project_id in sorted(project_ids):
            cursor.execute(f"SELECT {function}(hashtext(%s))", [f"texts {project_id}"])


def erased_among(project_id: UUID, plain: Iterable[str]) -> set[str]:
    """Those of the plain digests whose text was erased from the project.

    What was noted before digests were keyed was made of the plain one, and stays so: nobody has the text.
    """
    if not ErasedText.objects.filter(project=project_id).exists():
        return set()
    secret = vault.secret_for(project_id)
    by_digest = {_digest(secret, form): one for one in plain for form in (one, keyed(secret, one))}
    known = ErasedText.objects.filter(project=project_id, digest__in=list(by_digest))
    return {by_digest[digest] for digest in known.values_list("digest", flat=True)}


def _note_texts(items: Sequence[Item]) -> None:
    secrets = {project: vault.secret_for(project) for project in {item.project_id for item in items}}
    rows = [
        ErasedText(project_id=item.project_id, digest=_digest(secrets[item.project_id], item.content_hash))
        for item in items
    ]
    ErasedText.objects.bulk_create(rows, ignore_conflicts=True)


# -- for a while ------------------------------------------------------------------------------------------


def restrict_items(item_ids: Collection[UUID], *, restricted: bool) -> int:
    """Stop (or resume) showing items to anybody. What is lent is taken back and paid a share."""
    items = [item for item in lock_for_erasure(item_ids) if item.restricted != restricted]
    if restricted:
        for item in items:
            live = list(Assignment.objects.filter(item=item, state=Assignment.State.LEASED).order_by("pk"))
            take_back(item=item, live=live, reason="restricted")
    changed = Item.objects.filter(pk__in=[item.pk for item in items])
    changed.update(restricted=restricted)
    # Answers that are in are weighed anew: meanwhile nobody was asked for more.
    changed.filter(submitted__gt=0, state=Item.State.OPEN).update(needs_aggregation=True)
    return len(items)
