"""Who a learner is: a keyed digest for each project, so that nobody is recognised across classes."""

from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from privacy import blind, keyring

_SALT = "education_grading.learner"


def digest_of(project_id: UUID, name: str) -> str:
    """32 hexadecimal digits, keyed by the site's index key, which stays when other keys are changed.
    `name`: whatever the school knows the learner by, in any case."""
    key = keyring.index_key()
    return blind.digest(key, f"grading learner {project_id}", name.strip().casefold()).hex


def digests_of(project_id: UUID, name: str) -> list[str]:
    """Also those of before, which were keyed by SECRET_KEY and are found only as long as that is known."""
    told = f"{project_id}\0{name.strip().casefold()}"
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    old = [salted_hmac(_SALT, told, secret=secret, algorithm="sha256").hexdigest() for secret in secrets]
    return [digest_of(project_id, name), *old]
