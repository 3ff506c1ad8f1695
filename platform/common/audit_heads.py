"""The signed head of the chain: kept elsewhere, it shows when the end of the log was cut off or rewritten.

Ed25519 (RFC 8032) under a key derived from SECRET_KEY (HKDF, RFC 5869): whoever can write to the database but
does not have the server's secret cannot make one. The public key goes with it.
"""

import json
from dataclasses import asdict, dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from common.models import AuditLink


@dataclass(frozen=True, kw_only=True)
class Head:
    """`position` links, the last of which has `hash` (hex). `at`: ISO 8601, when it was signed."""

    position: int
    hash: str
    at: str
    signature: str = ""
    public_key: str = ""

    def signed_bytes(self) -> bytes:
        return f"manyhands audit head\n{self.position}\n{self.hash}\n{self.at}".encode()

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def _key() -> Ed25519PrivateKey:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"manyhands audit head")
    return Ed25519PrivateKey.from_private_bytes(derived.derive(settings.SECRET_KEY.encode()))


def public_key() -> str:
    return _key().public_key().public_bytes_raw().hex()


def sign(*, position: int, digest: bytes, at: str) -> Head:
    head = Head(position=position, hash=digest.hex(), at=at)
    return replace(head, signature=_key().sign(head.signed_bytes()).hex(), public_key=public_key())


def current_head(at: str) -> Head:
    """The head at this moment; position 0 and zeros before the first link."""
    last = AuditLink.objects.order_by("-position").first()
    return sign(position=last.position if last else 0, digest=bytes(last.hash) if last else bytes(32), at=at)


def is_genuine(head: Head) -> bool:
    """Whether the signature is that of the head's own public key. Whose key that is, the caller knows."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public_key))
        key.verify(bytes.fromhex(head.signature), head.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


def read_head(text: str) -> Head:
    """A head from its JSON, from `POSITION:HASH`, or from a hash alone (position 0: wherever it stands).

    Raises ValueError for anything else.
    """
    if text.lstrip().startswith("{"):
        fields = json.loads(text)
        return Head(**{name: fields[name] for name in ("position", "hash", "at", "signature", "public_key")})
    position, _colon, digest = text.strip().rpartition(":")
    if len(digest) != 64 or len(bytes.fromhex(digest)) != 32:
        raise ValueError(
            "A head is 64 hexadecimal digits, POSITION:HASH, or the JSON that audit_head prints."
        )
    return Head(position=int(position or 0), hash=digest.lower(), at="")
