"""What an e-mail address may do before and once its mailbox is proven (decision 222).

Whoever signs up may type anybody's address. Until somebody has shown to read its mail, it opens nothing but
the account that it was typed for, by that account's password; and whoever then shows it from outside gets the
account without anything that was put into it before.
"""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower

from accounts.models import User
from accounts.second_factor import has_second_factor
from accounts.services import tokens
from common import audit

# What apps above keep that whoever made an account must not leave behind in it: where money is sent, for one.
_left_behind: list[Callable[[User], object]] = []


def forget_when_taken_over(forget: Callable[[User], object]) -> None:
    _left_behind.append(forget)


def can_be_proven() -> bool:
    """Whether people can show here that they read a mailbox."""
    return bool(settings.MAIL_REACHES_PEOPLE) and settings.ACCOUNT_EMAIL_VERIFICATION != "none"


def has_proven(user: User, address: str = "") -> bool:
    """Some address of theirs, or this one."""
    rows = EmailAddress.objects.filter(user=user, verified=True)
    rows = rows.filter(email=address.lower()) if address else rows
    return bool(rows.exists())


def may_be_opened_by_mail(user: User, address: str) -> bool:
    """Whether a code or a link mailed to `address` may open the account.

    One that is proven may. One that is not may where it is the account's only name and nothing else stands
    for it: no other address that is proven, and no second factor, which a mailbox must not replace.
    """
    if has_proven(user, address):
        return True
    return user.email == address.lower() and not has_proven(user) and not has_second_factor(user)


@transaction.atomic
def take_over(*, user: User, keep_password: bool) -> None:
    """The mailbox is proven for the first time, by somebody who may not be who made the account.

    All else that opens it goes: password (unless it is new), sessions, tokens, keys, connected accounts and
    other addresses. `user` sessions end with the password by themselves.
    """
    row = User.objects.select_for_update().get(pk=user.pk)
    EmailAddress.objects.filter(user=row).exclude(email=row.email).delete()
    EmailAddress.objects.update_or_create(
        user=row, email=row.email, defaults={"verified": True, "primary": True}
    )
    Authenticator.objects.filter(user=row).delete()
    SocialAccount.objects.filter(user=row).delete()
    tokens.revoke_all_tokens(user=row)
    for forget in _left_behind:
        forget(row)
    if not keep_password:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    audit.record("account.taken_over", row, actor=row.pk)


@transaction.atomic
def settle_addresses(*, user: User, proven: EmailAddress) -> None:
    """A proven address stands for the account instead of one that never was, which is free for its owner."""
    if not EmailAddress.objects.filter(user=user, verified=True, primary=True).exists():
        EmailAddress.objects.filter(user=user, verified=False).exclude(pk=proven.pk).delete()
        proven.set_as_primary()


def release(address: str) -> None:
    """Somebody signs up with it: an account that only added it, and never proved it, has no claim to it."""
    rows = EmailAddress.objects.alias(own=Lower("user__email")).filter(email=address.lower(), verified=False)
    rows.exclude(own=address.lower()).delete()
