"""Signed links that go out by mail: whoever holds one reads that mailbox."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import NotFound
from privacy.models import SubjectRequest

VERIFY = "privacy.verify"
SEE = "privacy.see"
_SECONDS = {VERIFY: 3 * 24 * 3600, SEE: 180 * 24 * 3600}


def token_of(row: SubjectRequest, purpose: str) -> str:
    return signing.dumps(row.pk.hex, salt=purpose)


def url_of(row: SubjectRequest, purpose: str) -> str:
    name = "privacy-verify" if purpose == VERIFY else "privacy-link"
    return settings.SITE_URL + reverse(name, args=[token_of(row, purpose)])


def read(token: str, purpose: str) -> SubjectRequest:
    """The request of a token. Raises NotFound for one that is forged, too old, or for something else."""
    try:
        row = SubjectRequest.objects.filter(
            pk=UUID(signing.loads(token, salt=purpose, max_age=_SECONDS[purpose]))
        ).first()
    except (signing.BadSignature, ValueError):
        row = None
    if row is None:
        raise NotFound(_("This link does not work, or not any more."))
    return row
