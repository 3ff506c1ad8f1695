"""Bank details at rest: AES-GCM under a key derived from VAULT_KEY, bound to whose they are."""

import hashlib
import json
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import Conflict
from rewards.providers.base import Address


def is_possible() -> bool:
    return bool(settings.VAULT_KEY)


def _cipher() -> AESGCM:
    if not is_possible():
        raise Conflict(
            _("This site keeps no bank details: its administrator has set no VAULT_KEY."), code="no_vault_key"
        )
    return AESGCM(hashlib.sha256(b"payout address\0" + settings.VAULT_KEY.encode()).digest())


def seal(address: Address, owner: UUID) -> tuple[bytes, bytes]:
    """Nonce and ciphertext; they open for the same owner only."""
    nonce = os.urandom(12)
    text = json.dumps([address.holder, address.account, address.bic], ensure_ascii=False).encode()
    return nonce, _cipher().encrypt(nonce, text, owner.bytes)


def unseal(nonce: "bytes | memoryview[int]", sealed: "bytes | memoryview[int]", owner: UUID) -> Address:
    try:
        holder, account, bic = json.loads(_cipher().decrypt(bytes(nonce), bytes(sealed), owner.bytes))
    except InvalidTag:
        raise Conflict(_("The vault's key has changed since this was sealed."), code="wrong_key") from None
    return Address(holder, account, bic)
