"""The keys that wrap keys: VAULT_KEY, those before it (VAULT_KEYS_OLD), and what is wrapped under them."""

import base64
import binascii
import hashlib
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from common.errors import Conflict
from privacy import sealing
from privacy.models import SiteKey

INDEX = "index"


class UnknownKey(Conflict):
    """Something is wrapped under a key that this process was not given."""

    code = "wrong_key"

    def __init__(self) -> None:
        super().__init__(str(_("The vault's key has changed since this was sealed.")))


@lru_cache(maxsize=16)
def decoded(encoded: str) -> bytes:
    try:
        # Both alphabets of base64 are in use for keys.
        key = base64.b64decode(encoded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != sealing.KEY_BYTES:
        raise ImproperlyConfigured("VAULT_KEY must be 32 random bytes in base64: `openssl rand -base64 32`.")
    return key


def is_set() -> bool:
    return bool(settings.VAULT_KEY)


def current() -> bytes:
    """What wraps from now on. Without VAULT_KEY no originals are kept, but digests still need a secret."""
    return decoded(settings.VAULT_KEY) if is_set() else _without_vault()


def _without_vault() -> bytes:
    return hashlib.sha256(b"no vault\0" + settings.SECRET_KEY.encode()).digest()


def known() -> dict[str, bytes]:
    """By id: the present key first, then those that it followed."""
    keys = [current(), *map(decoded, settings.VAULT_KEYS_OLD), _without_vault()]
    return {sealing.key_id(key): key for key in keys}


def current_id() -> str:
    return sealing.key_id(current())


def by_id(key_id: str) -> bytes:
    found = known().get(key_id)
    if found is None:
        raise UnknownKey
    return found


def unwrap(wrapped: "bytes | memoryview[int]", key_id: str, bound: bytes) -> bytes:
    """Raises UnknownKey also for what was changed since, or moved from another row."""
    try:
        return sealing.unwrap(by_id(key_id), wrapped, bound)
    except InvalidTag:
        raise UnknownKey from None


def subject_bound(subject: UUID) -> bytes:
    return b"subject key\0" + subject.bytes


def site_bound(name: str) -> bytes:
    return b"site key\0" + name.encode()


def site_secret(name: str, first: bytes | None = None) -> bytes:
    """A secret of the site that stays the same when VAULT_KEY changes; made (as `first`) when first asked."""
    row = SiteKey.objects.filter(pk=name).first()
    if row is None:
        wrapped = sealing.wrap(current(), first or sealing.new_key(), site_bound(name))
        # Of two that ask first at once, one makes it and both read that one.
        SiteKey.objects.bulk_create(
            [SiteKey(name=name, wrapped=wrapped, key_id=current_id())], ignore_conflicts=True
        )
        row = SiteKey.objects.get(pk=name)
    return unwrap(row.wrapped, row.key_id, site_bound(name))


def index_key() -> bytes:
    """What the blind index and the digests of subjects' ids are keyed with."""
    return site_secret(INDEX)
