"""Changes of how somebody signs in go into the audit log. allauth makes them and tells of them by signals."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.dispatch import Signal

from accounts.models import User
from accounts.services import tokens
from common import audit

_HEARD = (
    (mfa.authenticator_added, "second_factor.added"),
    (mfa.authenticator_removed, "second_factor.removed"),
    (mfa.authenticator_reset, "second_factor.reset"),
    (account.password_changed, "password.changed"),
    (account.password_set, "password.set"),
    (account.password_reset, "password.reset"),
    (account.email_added, "address.added"),
    (account.email_changed, "address.changed"),
    (account.email_removed, "address.removed"),
    (social.social_account_added, "provider.connected"),
    (social.social_account_removed, "provider.disconnected"),
)


def connect() -> None:
    for signal, action in _HEARD:
        _hear(signal, action)
    account.password_reset.connect(_end_tokens, dispatch_uid="accounts:end-tokens")


def _end_tokens(*, user: User, **_told: Any) -> None:
    """Sessions end with the old password by themselves."""
    tokens.revoke_all_tokens(user=user)


def _hear(signal: Signal, action: str) -> None:
    def note(*, authenticator: Authenticator | None = None, **told: Any) -> None:
        user = _person(told)
        if user is not None:
            kind = {"kind": str(authenticator.type)} if authenticator else {}
            audit.record(action, user, actor=user.pk, **kind)

    signal.connect(note, weak=False, dispatch_uid=f"accounts:{action}")


def _person(told: dict[str, Any]) -> User | None:
    """Each signal says it in its own way."""
    if "sociallogin" in told:
        return told["sociallogin"].user  # type: ignore[no-any-return]
    return told.get("user") or getattr(told.get("socialaccount"), "user", None)
