"""Secrets of second factors at rest: AES-GCM under a key made from VAULT_KEY, or from SECRET_KEY without one.

What is sealed names its key, so that `manage.py vault_keys rotate` finds what lies under an older one.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.db import transaction

from privacy import keyring, sealing

BATCH = 500
_BOUND = b"second factor"
# Where allauth keeps a secret in an authenticator's JSON; a passkey's is a public key and no secret.
SECRETS = {"totp": "secret", "recovery_codes": "seed"}


def seal(text: str) -> str:
    wrapped = sealing.wrap(_key(keyring.current()), text.encode(), _BOUND)
    return f"{keyring.current_id()}:{base64.b64encode(wrapped).decode()}"


def unseal(sealed: str) -> str:
    """Raises keyring.UnknownKey for one that this process was not given."""
    key_id, _colon, text = sealed.partition(":")
    return sealing.unwrap(_key(keyring.by_id(key_id)), base64.b64decode(text), _BOUND).decode()


def _key(outer: bytes) -> bytes:
    return hashlib.sha256(_BOUND + b"\0" + outer).digest()


class SealingAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)


class SecondFactors:
    """Follow when VAULT_KEY changes; see `privacy.services.rotation`."""

    name = "second_factors"

    def waiting(self) -> Counter[str]:
        return Counter(_sealed(row).partition(":")[0] for row in _rows().iterator(chunk_size=BATCH))

    def rewrap(self, old: list[str]) -> Iterator[int]:
        after = 0
        while True:
            with transaction.atomic():
                batch = list(_rows().select_for_update().filter(pk__gt=after).order_by("pk")[:BATCH])
                done = [row for row in batch if _sealed(row).partition(":")[0] in old]
                for row in done:
                    row.data[SECRETS[row.type]] = seal(unseal(_sealed(row)))
                    row.save(update_fields=["data"])
            if not batch:
                return
            after = batch[-1].pk
            yield len(done)


def _rows() -> Any:
    from allauth.mfa.models import Authenticator  # noqa: PLC0415 - this module is read before models can be

    return Authenticator.objects.filter(type__in=SECRETS)


def _sealed(row: Any) -> str:
    return str(row.data[SECRETS[row.type]])
