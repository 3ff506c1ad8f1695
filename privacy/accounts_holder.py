"""What accounts, sessions and the tables of the whole site hold about a person. Registered by privacy, which
stands above them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Membership, Notification, NotificationPreference, User
from accounts.services.closing import ERASED_DOMAIN, lock_account, nobodys_address
from common.models import IdempotencyRecord
from privacy import mentions
from privacy.holders import Holding, Subject, Terms


class AccountsHolder:
    name = "accounts"
    rank = 60

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        user = User.objects.filter(pk=subject.account).first() if subject.account else None
        if user is None:
            return
        yield Holding(
            "account", _("Your account"), iter([_account(user)]), _("To sign you in and to reach you."),
            source=_("You, when you signed up."),
        )  # fmt: skip
        yield Holding(
            "roles", _("Your roles"), _rows(Membership.objects.filter(user=user), "role", "scope"),
            _("To know what you may do here."), source=_("Whoever gave you the role."),
        )  # fmt: skip
        yield Holding(
            "api_tokens",
            _("Your access tokens"),
            _rows(
                ApiToken.objects.filter(user=user), "name", "prefix", "created_at", "last_used_at",
                "revoked_at",
            ),
            _("To let your programs in; the tokens themselves are not stored."),
        )  # fmt: skip
        yield Holding(
            "notification_preferences", _("What you want to hear of"),
            _rows(NotificationPreference.objects.filter(user=user), "topic", "in_app", "mail"),
            _("To tell you what you want to know, as you want to be told."),
        )  # fmt: skip
        yield Holding(
            "second_factors", _("Your second factors"),
            _rows(Authenticator.objects.filter(user=user), "type", "created_at", "last_used_at"),
            _("To make sure that it is you; their secrets are sealed and not shown."),
        )  # fmt: skip
        yield Holding(
            "connected_accounts", _("Your connected accounts"),
            _rows(SocialAccount.objects.filter(user=user), "provider", "uid", "extra_data", "date_joined"),
            _("To sign you in through another service."), source=_("The service, when you connected it."),
        )  # fmt: skip
        yield Holding(
            "sessions", _("Where you are signed in"),
            _rows(UserSession.objects.filter(user=user), "ip", "user_agent", "created_at", "last_seen_at"),
            _("To show you your sessions, so that you can end one that is not yours."),
        )  # fmt: skip
        yield Holding(
            "notifications", _("Your notifications"),
            _rows(Notification.objects.filter(user=user), "kind", "data", "url", "created_at", "read_at"),
            _("To tell you what happened."), source=_("This platform."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        done = {
            "mentions": mentions.scrub_words("accounts", subject.values),
            "audit_notes": mentions.scrub_words("common", subject.values),
        }
        if subject.values:
            done["repeated_requests"] = _delete(_answers_that_mention(subject.values))
        user = lock_account(subject.account)
        if user is None:
            return {name: count for name, count in done.items() if count}
        done |= {
            "tokens": _delete(user.api_tokens.all()),
            "notifications": _delete(user.notifications.all()),
            "memberships": _delete(user.memberships.all()),
            "addresses": _delete(EmailAddress.objects.filter(user=user)),
            **{name: _delete(rows) for name, rows in _ways_in(user)},
            "admin_log": _delete(_log_of(user)),
            "sessions": end_sessions(user.pk),
        }
        done["repeated_requests"] = done.get("repeated_requests", 0) + _delete(
            IdempotencyRecord.objects.filter(owner=user.pk)
        )
        user.groups.clear()
        user.user_permissions.clear()
        if user.erased_at is None:
            _empty(user)
            done["account"] = 1
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        if subject.account is None:
            return {}
        found = User.objects.filter(pk=subject.account, restricted_at__isnull=restricted, erased_at=None)
        changed = found.update(restricted_at=timezone.now() if restricted else None)
        return {"account": changed} if changed else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("accounts", subject.values)
        left |= mentions.count_mentions("common", subject.values)
        left |= {"repeated_requests": _answers_that_mention(subject.values).count()} if subject.values else {}
        user = User.objects.filter(pk=subject.account).first() if subject.account else None
        if user is not None:
            left |= {
                "account": int(not _is_empty(user)),
                "tokens": user.api_tokens.count(),
                "notifications": user.notifications.count(),
                "memberships": user.memberships.count(),
                "addresses": EmailAddress.objects.filter(user=user).count(),
                **{name: rows.count() for name, rows in _ways_in(user)},
                "admin_log": _log_of(user).count(),
                "sessions": len(sessions_of(user.pk)),
                "own_requests": IdempotencyRecord.objects.filter(owner=user.pk).count(),
            }
        return {name: count for name, count in left.items() if count}


def _ways_in(user: User) -> list[tuple[str, QuerySet[Any]]]:
    return [
        ("notification_preferences", NotificationPreference.objects.filter(user=user)),
        ("second_factors", Authenticator.objects.filter(user=user)),
        ("connected_accounts", SocialAccount.objects.filter(user=user)),
        ("listed_sessions", UserSession.objects.filter(user=user)),
    ]


def _account(user: User) -> dict[str, Any]:
    names = (
        "email", "display_name", "language", "languages", "time_zone", "date_joined", "last_login",
        "restricted_at",
    )  # fmt: skip
    return {"id": str(user.pk), **{name: getattr(user, name) for name in names}}


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    yield from found.order_by("pk").values(*names).iterator(chunk_size=500)


def _empty(user: User) -> None:
    """The row stays for the ledger; what it says of anybody goes. Nobody can sign in with it again."""
    user.email = nobodys_address()
    user.display_name, user.language, user.languages, user.time_zone = "", "en", [], ""
    user.password = make_password(None)
    user.last_login, user.restricted_at, user.erased_at = None, None, timezone.now()
    user.is_active = user.is_staff = user.is_superuser = False
    user.save()


def _is_empty(user: User) -> bool:
    named = user.display_name or user.languages or user.last_login or user.is_active
    return not named and user.email.endswith(f"@{ERASED_DOMAIN}") and not user.has_usable_password()


def sessions_of(user_id: UUID) -> list[str]:
    """Keys of the sessions in which the person is signed in; each must be opened to see that."""
    rows = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=500)
    return [row.session_key for row in rows if row.get_decoded().get("_auth_user_id") == str(user_id)]


def end_sessions(user_id: UUID) -> int:
    return _delete(Session.objects.filter(pk__in=sessions_of(user_id)))


def _log_of(user: User) -> QuerySet[LogEntry]:
    """What the person did in the site's own administration, and what was done there to their account."""
    about = LogEntry.objects.filter(content_type__app_label="accounts", object_id=str(user.pk))
    return about | LogEntry.objects.filter(user_id=user.pk)


def _answers_that_mention(values: tuple[str, ...]) -> QuerySet[IdempotencyRecord]:
    """Answers kept for repeated requests, of anybody, that say one of the values."""
    found = IdempotencyRecord.objects.none()
    for value in mentions.telling(values):
        found = found | IdempotencyRecord.objects.filter(body__icontains=value)
    return found


def _delete(rows: QuerySet[Any]) -> int:
    count: int = rows.delete()[0]
    return count
