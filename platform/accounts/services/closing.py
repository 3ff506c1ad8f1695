"""The end of an account, as far as others must know of it while it is taken back."""

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

from accounts.models import User

ERASED_DOMAIN = "erased.invalid"  # RFC 2606: mail to it goes nowhere, and nobody can register it
# Of everybody who stands in for somebody erased: the true moment would tell whom.
_NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def nobodys_address() -> str:
    return f"{secrets.token_hex(16)}@{ERASED_DOMAIN}"


def lock_account(user_id: UUID | None) -> User | None:
    """The account, so that its owner's claims wait until the caller's transaction ends.

    Not against foreign keys to it: what is being handed in must not wait for us while we wait for it.
    """
    if user_id is None:
        return None
    return User.objects.select_for_update(no_key=True).filter(pk=user_id).first()


def stand_in() -> User:
    """Somebody in whose name answers stay when their author is erased. Nothing links the two, not even time:
    neither id nor date says when it was made."""
    return User.objects.create(
        id=uuid4(), email=nobodys_address(), imported=True, is_active=False, date_joined=_NO_MOMENT,
        erased_at=_NO_MOMENT,
    )  # fmt: skip
