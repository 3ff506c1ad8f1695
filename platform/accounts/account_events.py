"""Changes of how somebody signs in go into the audit log. allauth makes them and tells of them by signals."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.dispatch import Signal
from django.http import HttpRequest

from accounts.models import User
from accounts.services import proving, tokens
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
    account.password_reset.connect(_after_reset, dispatch_uid="accounts:after-reset")
    account.email_confirmed.connect(_after_proof, dispatch_uid="accounts:after-proof")


def _after_reset(*, user: User, **_told: Any) -> None:
    """Sessions end with the old password by themselves. The link came by mail, so it proves the mailbox."""
    if proving.has_proven(user):
        tokens.revoke_all_tokens(user=user)
    else:
        proving.take_over(user=user, keep_password=True)


def _after_proof(*, request: HttpRequest, email_address: EmailAddress, **_told: Any) -> None:
    user: User = email_address.user
    proving.settle_addresses(user=user, proven=email_address)
    signed_in = request.user.pk == user.pk
    others = EmailAddress.objects.filter(user=user, verified=True).exclude(pk=email_address.pk)
    records = get_authentication_records(request, user)
    by_code = bool(records) and records[-1]["method"] == "code"
    if by_code and not signed_in and not others.exists():
        proving.take_over(user=user, keep_password=False)


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
