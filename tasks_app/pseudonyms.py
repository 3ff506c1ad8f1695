"""What annotators are called before requesters, reviewers and in exports: the same name throughout a project,
another one in every other project, and no way back to the person."""

import base64
import hashlib
import hmac
from uuid import UUID

from django.conf import settings


def pseudonym(project_id: UUID, worker_id: UUID) -> str:
    """For example "W-7QK2M4XA": 40 bits, so two of 10,000 people share one with a chance of 1 in 20,000."""
    key = settings.SECRET_KEY.encode()
    digest = hmac.digest(key, b"annotator" + project_id.bytes + worker_id.bytes, hashlib.sha256)
    return "W-" + base64.b32encode(digest[:5]).decode()
