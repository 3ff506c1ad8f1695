"""The originals of replaced personal data: whether they are kept, and who sees them for a reason."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common import audit
from common.errors import Conflict, DomainError, Invalid, NotFound, Problem, TooManyRequests
from privacy import keyring, sealing
from privacy.models import SubjectKey, VaultAccess, VaultEntry
from privacy.services import resealing

LEAST_REASON = 10
# (turn, start, end) in the text as it was -> (start, end) in the text as it is now
Carry = Callable[[int, int, int], tuple[int, int]]


def is_kept() -> bool:
    """Whether originals are kept at all; without VAULT_KEY they are not."""
    return keyring.is_set()


def secret_for(project_id: UUID) -> bytes:
    """A per-project secret for consistent surrogates. It stays the same when VAULT_KEY changes."""
    # Of a project from before this was stored, what it was made from is the oldest key that there is.
    material = ([settings.VAULT_KEY or settings.SECRET_KEY, *settings.VAULT_KEYS_OLD][-1]).encode()
    first = hashlib.sha256(b"surrogate\0" + material + project_id.bytes).digest()
    return keyring.site_secret(f"surrogates {project_id}", first)


@transaction.atomic
def reveal(*, item_id: UUID, actor: UUID, reason: str) -> list[dict[str, Any]]:
    """The originals of one item: [{turn, start, end, kind, value}]. Who looked, and why, is on record."""
    if len(reason.strip()) < LEAST_REASON:
        detail = _("Say why you need to see this, in at least ten characters.")
        raise Invalid(detail, problems=[Problem("/reason", "too_short", detail)])
    entry = VaultEntry.objects.filter(item=item_id).first()
    if entry is None:
        raise _nothing_kept()
    if entry.restricted:
        raise Conflict(_("The person concerned has restricted the use of their data."), code="restricted")
    _count(actor)
    audit.record("vault.revealed", entry, actor=actor, item=str(item_id))
    VaultAccess.objects.create(project=entry.project, item=item_id, actor=actor, reason=reason[:300])
    return open_entry(entry)


def _count(actor: UUID) -> None:
    """Refuses beyond so many an hour; of looks at once by one person, one is counted after another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"vault {actor}"])
    since = timezone.now() - timedelta(hours=1)
    if VaultAccess.objects.filter(actor=actor, at__gt=since).count() >= settings.VAULT_REVEALS_PER_HOUR:
        raise TooManyRequests(_("You have looked at as many originals as one hour allows. Go on later."))


def has_originals(item_id: UUID) -> bool:
    return VaultEntry.objects.filter(item=item_id).exists()


def originals_of(item_id: UUID) -> list[dict[str, Any]]:
    """For the gate alone, which puts the same placeholders elsewhere; nobody sees them. Empty if there are
    none, or their keys are gone."""
    entry = VaultEntry.objects.filter(item=item_id).first()
    if entry is None or not is_kept():
        return []
    try:
        return open_entry(entry)
    except DomainError:
        return []


def open_entry(entry: VaultEntry) -> list[dict[str, Any]]:
    """What was sealed. For the services of this app, which say who looks and why."""
    try:
        if entry.subject is None:
            outer = keyring.by_id(entry.key_id)
            return sealing.open_originals(outer, entry.nonce, entry.sealed, entry.item.bytes)
        bound = sealing.bound_to(entry.item, entry.subject)
        key = sealing.unwrap(_subject_key(entry.subject), entry.wrapped_key, bound)
        return sealing.open_originals(key, entry.nonce, entry.sealed, bound)
    except InvalidTag:
        raise keyring.UnknownKey from None


def _subject_key(subject: UUID) -> bytes:
    row = SubjectKey.objects.filter(pk=subject).first()
    if row is None:
        raise _nothing_kept()
    return keyring.unwrap(row.wrapped, row.key_id, keyring.subject_bound(subject))


def _nothing_kept() -> NotFound:
    return NotFound(_("No originals are kept for this item."))


def add_originals(
    *, project_id: UUID, item_id: UUID, carry: Carry, originals: list[dict[str, Any]], keep: bool = True
) -> None:
    """Add what was found later to an item's originals, in the caller's transaction.

    The places of those that are sealed already move by `carry`. Nothing is added where none are kept.
    """
    before = VaultEntry.objects.filter(item=item_id).first()
    if not (keep and is_kept()) and before is None:
        return
    subject = resealing.hold_subject_of(project_id, item_id)
    entry = VaultEntry.objects.select_for_update().filter(item=item_id).first()
    moved = [_carried(row, carry) for row in open_entry(entry)] if entry else []
    entry = entry or VaultEntry(project=project_id, item=item_id)
    resealing.reseal(entry, subject, [*moved, *originals])


def _carried(row: dict[str, Any], carry: Carry) -> dict[str, Any]:
    if "turn" not in row:  # it stood beside the texts: in the meta, in a speaker's name
        return row
    start, end = carry(row["turn"], row["start"], row["end"])
    return {**row, "start": start, "end": end}
