"""A client's idempotency key may be long, and hold anything; a row's key is short and plain."""

import hashlib


def short(key: str) -> str:
    """40 hexadecimal digits that stand for `key`."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]
