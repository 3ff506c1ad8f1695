"""Who a request is about: sealed in its row while it is open, a keyed digest for ever."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from common.errors import Conflict
from privacy import keyring
from privacy.models import SubjectRequest

VALUE_KINDS = ("email", "phone", "name", "customer_id")


@dataclass(frozen=True)
class Value:
    """Something the person is known by. Proven: they have shown that it is theirs."""

    kind: str
    text: str
    proven: bool = False


@dataclass(frozen=True)
class Particulars:
    """contact: an address for the answer. correction: {"old", "new"}. items: in which the person was found,
    and words: what was looked for in the clear, when the work began, since an erasure destroys what they are
    found by. subjects: people in dialogues whom an administrator has recognised as this one.
    """

    contact: str = ""
    values: tuple[Value, ...] = ()
    correction: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


def site_key(purpose: bytes) -> bytes:
    """32 bytes for one purpose, from a secret of the site that outlives a change of VAULT_KEY."""
    return hmac.digest(keyring.site_secret("requests"), purpose, "sha256")


def seal(plain: bytes, *, purpose: bytes, owner: UUID) -> tuple[bytes, bytes]:
    """Nonce and ciphertext, which open for the same purpose and owner only."""
    nonce = os.urandom(12)
    return nonce, AESGCM(site_key(purpose)).encrypt(nonce, plain, owner.bytes)


def unseal(nonce: Any, sealed: Any, *, purpose: bytes, owner: UUID) -> bytes:
    try:
        return AESGCM(site_key(purpose)).decrypt(bytes(nonce), bytes(sealed), owner.bytes)
    except InvalidTag:
        raise Conflict(_("The vault's key has changed since this was sealed."), code="wrong_key") from None


def keep(row: SubjectRequest, known: Particulars) -> None:
    """Seal into the row, which the caller saves."""
    plain = json.dumps(asdict(known), ensure_ascii=False).encode()
    row.nonce, row.sealed = seal(plain, purpose=b"subject request", owner=row.pk)


def particulars_of(row: SubjectRequest) -> Particulars:
    """Empty once they are destroyed."""
    if row.sealed is None:
        return Particulars()
    told = json.loads(unseal(row.nonce, row.sealed, purpose=b"subject request", owner=row.pk))
    values = tuple(Value(**value) for value in told.pop("values"))
    told |= {name: tuple(told[name]) for name in ("items", "words", "subjects")}
    return Particulars(**told, values=values)


def destroy(row: SubjectRequest) -> None:
    SubjectRequest.objects.filter(pk=row.pk).update(nonce=None, sealed=None)
    row.nonce = row.sealed = None


def digest_of(words: Iterable[str]) -> str:
    """HMAC-SHA-256 in hexadecimal: the same for the same person, and to be computed by this site alone."""
    told = "\0".join(sorted({" ".join(word.split()).casefold() for word in words}))
    return hmac.digest(site_key(b"subject digest"), told.encode(), hashlib.sha256).hex()
