"""What confirmed misses teach: keyed digests of values, which every later reading of texts looks for."""

import hashlib
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from common.prepared import Prepared
from privacy import keyring
from privacy.models import LearnedValue
from privacy.pii.learned import Form, Learned, form_of

# Asked with each request to a model, so it is worth being prepared.
_STAMP = Prepared("""
SELECT string_agg(stamp::text, ' ' ORDER BY id) FROM privacy_learnedstamp
WHERE project = %(project)s::uuid OR project IS NULL
""")
_KNOWN = Prepared("""
SELECT digest, kind, words, loose FROM privacy_learnedvalue
WHERE project = %(project)s::uuid OR project IS NULL
""")
Known = dict[str, tuple[str, int, bool]]


def secret() -> bytes:
    """The key of the digests: one for the site, which stays when SECRET_KEY and VAULT_KEY change."""
    first = hashlib.sha256(b"learned values\0" + settings.SECRET_KEY.encode()).digest()
    return keyring.site_secret("learned values", first)


def learn_value(*, project_id: UUID | None, value: str, kind: str) -> Form | None:
    """Look for the value in the project's texts from now on; `project_id` None: in every project's.

    None, and nothing learned, for a value too short or too ordinary to be looked for everywhere.
    """
    form = form_of(value, secret())
    if form is not None:
        LearnedValue.objects.get_or_create(
            project=project_id,
            digest=form.digest,
            defaults={"kind": kind, "words": form.words, "loose": form.loose},
        )
    return form


def known_to(project_id: UUID | None) -> Known:
    """Digest -> (kind, words, loose) of what was learned in the project and on the whole site."""
    return {digest: (kind, words, loose) for digest, kind, words, loose in _KNOWN.rows(project=project_id)}


def learned_by(project_id: UUID | None) -> Learned:
    """The detector of these, as they are now: only its stamp is read where this process knows it already."""
    stamp = _STAMP.rows(project=project_id)[0][0]
    return _stamped(project_id, stamp) if stamp else Learned(b"", {})


@lru_cache(maxsize=64)
def _stamped(project_id: UUID | None, _stamp: str) -> Learned:
    """Only reads: there is a key already where something was learned.

    What was committed since the stamp was read may be in it already; the next one who asks reads it again.
    """
    known = known_to(project_id)
    return Learned(secret() if known else b"", known)


def digest_of(value: str) -> str:
    """What is kept of a value that was reported; empty where it cannot be looked for."""
    form = form_of(value, secret())
    return form.digest if form else ""
