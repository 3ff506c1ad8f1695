"""The originals of replaced personal data: whether they are kept, and who sees them for a reason."""

import hashlib
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from common import audit
from common.errors import Invalid, NotFound
from privacy import keyring, sealing
from privacy.models import SubjectKey, VaultAccess, VaultEntry
from privacy.services.redaction import redact_text

LEAST_REASON = 10


def is_kept() -> bool:
    """Whether originals are kept at all; without VAULT_KEY they are not."""
    return keyring.is_set()


def secret_for(project_id: UUID) -> bytes:
    """A per-project secret for consistent surrogates. It stays the same when VAULT_KEY changes."""
    material = (settings.VAULT_KEY or settings.SECRET_KEY).encode()
    first = hashlib.sha256(b"surrogate\0" + material + project_id.bytes).digest()
    return keyring.site_secret(f"surrogates {project_id}", first)


@transaction.atomic
def reveal(*, item_id: UUID, actor: UUID, reason: str) -> list[dict[str, Any]]:
    """The originals of one item: [{turn, start, end, kind, value}]. Who looked, and why, is on record."""
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid(_("Say why you need to see this, in at least ten characters."))
    entry = VaultEntry.objects.filter(item=item_id).first()
    if entry is None:
        raise _nothing_kept()
    audit.record("vault.revealed", entry, actor=actor, item=str(item_id))
    VaultAccess.objects.create(
        project=entry.project, item=item_id, actor=actor, reason=redact_text(reason)[:300]
    )
    return open_entry(entry)


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
