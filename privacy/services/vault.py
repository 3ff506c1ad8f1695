"""The originals of replaced personal data, sealed with AES-GCM (NIST SP 800-38D) under VAULT_KEY."""

import base64
import binascii
import hashlib
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext as _

from common import audit
from common.errors import Conflict, Invalid, NotFound
from privacy.models import VaultEntry
from privacy.sealing import Seal


@lru_cache(maxsize=4)
def _key(encoded: str) -> bytes:
    try:
        # Both alphabets of base64 are in use for keys.
        key = base64.b64decode(encoded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured("VAULT_KEY must be 32 random bytes in base64: `openssl rand -base64 32`.")
    return key


def is_kept() -> bool:
    """Whether originals are kept at all; without VAULT_KEY they are not."""
    return bool(settings.VAULT_KEY)


def secret_for(project_id: UUID) -> bytes:
    """A per-project secret for consistent surrogates, derived so that it never needs storing."""
    material = (settings.VAULT_KEY or settings.SECRET_KEY).encode()
    return hashlib.sha256(b"surrogate\0" + material + project_id.bytes).digest()


def key() -> bytes | None:
    """What originals are sealed with, or None when they are not kept."""
    return _key(settings.VAULT_KEY) if is_kept() else None


@transaction.atomic
def reveal(*, item_id: UUID, actor: UUID, reason: str) -> list[dict[str, Any]]:
    """The originals of one item: [{turn, start, end, kind, value}]. Who looked, and why, is on record."""
    if len(reason.strip()) < 10:
        raise Invalid(_("Say why you need to see this, in at least ten characters."))
    entry = VaultEntry.objects.filter(item=item_id).first()
    if entry is None:
        raise NotFound(_("No originals are kept for this item."))
    audit.record("vault.revealed", entry, actor=actor, item=str(item_id), reason=reason[:300])
    try:
        return Seal(_key(settings.VAULT_KEY)).open(item_id, bytes(entry.nonce), bytes(entry.sealed))
    except InvalidTag:
        raise Conflict(_("The vault's key has changed since this was sealed."), code="wrong_key") from None
