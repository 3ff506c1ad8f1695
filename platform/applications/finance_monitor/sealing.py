"""A webhook's secret at rest: AES-GCM under a key derived from SECRET_KEY, bound to the webhook."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.encoding import force_bytes

from applications.finance_monitor.models import Webhook

_NONCE_BYTES = 12


def _ciphers() -> list[AESGCM]:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [AESGCM(hashlib.sha256(b"webhook secret\0" + force_bytes(key)).digest()) for key in keys]


def seal(secret: str, hook: Webhook) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _ciphers()[0].encrypt(nonce, secret.encode(), hook.pk.bytes)


def unseal(hook: Webhook) -> str | None:
    """None when the key has changed meanwhile: the webhook must be made anew."""
    sealed = bytes(hook.sealed)
    for cipher in _ciphers():
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], hook.pk.bytes).decode()
        except InvalidTag:
            continue
    return None


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 of `timestamp.body`: an old message cannot be sent again as a new one."""
    signed = f"{timestamp}.".encode() + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
