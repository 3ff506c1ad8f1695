"""By what a project knows a text again without telling it: digests under a secret of the project's.

Who has the database and no key cannot try guesses against them. The secret stays when VAULT_KEY changes
(`privacy.services.vault.secret_for`), so what came in before is known afterwards. Pure: no Django.
"""

import hmac
from hashlib import sha256

HEAD = 24  # characters that a kept duplicate shares with the first one, and all that is noted of erased texts
_MARK = "k"  # no hexadecimal digit: tells from the plain digests that were stored before


def keyed(secret: bytes, plain: str) -> str:
    """HMAC-SHA-256 (RFC 2104) of a content's SHA-256 in hexadecimal: 64 characters.

    The first HEAD of them come of the first HEAD of `plain` alone, as of duplicates no more was stored.
    """
    head = hmac.digest(secret, b"content, head\0" + plain[:HEAD].encode(), sha256).hex()
    return _MARK + head[: HEAD - 1] + hmac.digest(secret, b"content\0" + plain.encode(), sha256).hex()[:40]


def keyed_stored(secret: bytes, stored: str) -> str:
    """The same for a digest as it was stored before: whole, or the head of one and where it stood."""
    head, colon, place = stored.partition(":")
    return f"{keyed(secret, head)[:HEAD]}:{place}" if colon else keyed(secret, stored)
