"""Bank details at rest: AES-GCM under a key derived from VAULT_KEY, bound to whose they are."""

import hashlib
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import Conflict
from privacy import keyring
from rewards.models import Payout, PayoutAddress
from rewards.providers.base import Address

# An address is in both; in a payout that was never batched it is empty.
SealedRow = PayoutAddress | Payout


def is_possible() -> bool:
    return bool(settings.VAULT_KEY)


def _cipher(encoded: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"payout address\0" + encoded.encode()).digest())


def seal(address: Address, row: SealedRow) -> None:
    """Put the address into the row; it opens for the row's person only."""
    if not is_possible():
        raise Conflict(
            _("This site keeps no bank details: its administrator has set no VAULT_KEY."), code="no_vault_key"
        )
    row.nonce, row.key_id = os.urandom(12), keyring.current_id()
    text = json.dumps([address.holder, address.account, address.bic], ensure_ascii=False).encode()
    row.sealed = _cipher(settings.VAULT_KEY).encrypt(row.nonce, text, row.user.bytes)


def unseal(row: SealedRow) -> Address | None:
    """Under any key that we were given: rows from before keys were named do not say which it is."""
    if not row.nonce or not row.sealed:
        return None
    for encoded in filter(None, [settings.VAULT_KEY, *settings.VAULT_KEYS_OLD]):
        try:
            text = _cipher(encoded).decrypt(bytes(row.nonce), bytes(row.sealed), row.user.bytes)
        except InvalidTag:
            continue
        return Address(*json.loads(text))
    raise keyring.UnknownKey
