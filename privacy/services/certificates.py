"""The site's signing key, certificates of erasure, and checking them."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common import audit
from common.errors import Conflict, Invalid
from common.ids import uuid7
from common.models import AuditLink
from privacy import signing
from privacy.models import Certificate, SigningKey, SubjectRequest
from privacy.particulars import digest_of, seal, unseal

TYPE = "manyhands-erasure-certificate"
MAX_BYTES = 1_000_000
_SITE = UUID(int=1)  # what the private half is bound to, instead of a row


@dataclass(frozen=True)
class Verdict:
    """Whether a certificate is one of this site, unchanged; `reason` says what is wrong."""

    valid: bool
    reason: str
    document: dict[str, Any]


@transaction.atomic
def sign_certificate(
    *, request: SubjectRequest, erased: dict[str, dict[str, int]], models: list[dict[str, Any]]
) -> Certificate:
    """One for each request; asked again, the same. The caller has found no residue."""
    if (known := Certificate.objects.filter(request=request).first()) is not None:
        return known
    key, private = _signing_key()
    certificate_id = uuid7()
    document = {
        "type": TYPE,
        "version": 1,
        "certificate": str(certificate_id),
        "request": str(request.pk),
        "site": settings.SITE_URL,
        "kind": request.kind,
        "regime": request.regime,
        "subject_digest": request.digest,
        "received_on": str(request.received_on),
        "erased": erased,
        "models": models,
        "residue": 0,
        "audit_head": audit_head(),
        "issued_at": timezone.now().isoformat(timespec="seconds"),
        "key": {"id": key.pk, "algorithm": "Ed25519", "public": base64.b64encode(bytes(key.public)).decode()},
    }
    certificate = Certificate.objects.create(
        pk=certificate_id, request=request, key=key, document=signing.signed(document, private)
    )
    audit.record("certificate.signed", certificate, actor=request.actor, request=str(request.pk))
    return certificate


def audit_head() -> dict[str, Any]:
    """How far the chain of the audit log had come at this moment, and its hash there."""
    last = AuditLink.objects.order_by("-position").first()
    return {"position": last.position if last else 0, "hash": bytes(last.hash).hex() if last else ""}


def verify_certificate(text: str) -> Verdict:
    """Whether `text` is a certificate that this site has signed and nobody has changed. Raises Invalid for
    what is no JSON object."""
    document = _parsed(text)
    named = document.get("key")
    key_id = str(named.get("id", "")) if isinstance(named, dict) else ""
    key = SigningKey.objects.filter(pk=key_id).first()
    if key is None:
        return Verdict(False, _("It was not signed by a key of this site."), document)
    if not signing.is_signed_by(document, bytes(key.public)):
        return Verdict(False, _("Its signature does not fit: it was changed after it was signed."), document)
    if document.get("type") != TYPE:
        return Verdict(False, _("It is not a certificate of an erasure."), document)
    return Verdict(True, "", document)


def is_about(document: dict[str, Any], words: list[str]) -> bool:
    """Whether a certificate's digest is that of these values, all of them."""
    return bool(words) and document.get("subject_digest") == digest_of(words)


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise Invalid(_("This is too long for a certificate."))
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Invalid(_("This is not a certificate: it must be the JSON file as it was given out."))
    return document


def _signing_key() -> tuple[SigningKey, bytes]:
    """The newest key whose private half can be opened; one is made where there is none (or none any more)."""
    for key in SigningKey.objects.select_for_update().order_by("-created_at"):
        try:
            return key, unseal(key.nonce, key.sealed, purpose=b"signing key", owner=_SITE)
        except Conflict:  # sealed under a key that is gone; it still checks old certificates
            continue
    private = Ed25519PrivateKey.generate().private_bytes_raw()
    public = signing.public_of(private)
    nonce, sealed = seal(private, purpose=b"signing key", owner=_SITE)
    key = SigningKey.objects.create(pk=signing.key_id_of(public), public=public, nonce=nonce, sealed=sealed)
    return key, private
