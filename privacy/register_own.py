"""What every site processes, and the safeguards that its settings make."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from common import audit_checks
from common.models import AuditCheck
from privacy import keyring, notice_facts, purposes, retention_facts
from privacy.models import NoticeVersion, VaultAccess, VaultEntry
from privacy.register import Activity, Safeguard

MOST_ADMINS = 5
_LOCAL = {"", "localhost", "127.0.0.1", "::1"}


def activities() -> Iterator[Activity]:
    """The purposes of the privacy notice, so that the two cannot say different things."""
    people = User.objects.filter(is_active=True, imported=False).count()
    kept = retention_facts.stated()
    for one in purposes.PROCESSING:
        yield Activity(
            name=str(one.data),
            purpose=str(one.why),
            basis=str(one.basis),
            subjects=_("annotators, reviewers and publishers (%(n)s active accounts)") % {"n": people},
            data=str(one.data),
            recipients="; ".join(notice_facts.recipients()),
            retention=kept,
        )
    yield Activity(
        name=_("Originals of replaced personal data"),
        purpose=_("to look at a text again for a stated reason, and to find a person who asks"),
        basis=_("as stated by the project's publisher; legitimate interest (GDPR Art. 6(1)(f))"),
        subjects=_("people who occur in texts (%(n)s items)") % {"n": VaultEntry.objects.count()},
        data=_("the values that were replaced, encrypted"),
        recipients=_("nobody but whom the project lets look (%(n)s looks so far)")
        % {"n": VaultAccess.objects.count()},
        retention=kept,
    )


def safeguards() -> Iterator[Safeguard]:
    yield from _encryption()
    yield from _people()
    yield from _proof()


def _encryption() -> Iterator[Safeguard]:
    database = settings.DATABASES["default"]
    at_home = database["HOST"] in _LOCAL or database["HOST"].startswith("/")
    mail_at_home = settings.EMAIL_HOST in _LOCAL
    yield Safeguard(
        key="vault", present=keyring.is_set(), title=_("Originals are encrypted under a key per person"),
        note=_("AES-256-GCM; destroying a key erases backups too")
        if keyring.is_set() else _("VAULT_KEY is not set: originals are not kept at all"),
    )  # fmt: skip
    yield Safeguard(
        key="rotated", present=not settings.VAULT_KEYS_OLD, title=_("No old key of the vault is in use"),
        note=_("%(n)s old keys") % {"n": len(settings.VAULT_KEYS_OLD)},
    )  # fmt: skip
    yield Safeguard(key="https", present=settings.HTTPS, title=_("Pages are served over HTTPS only"))
    yield Safeguard(
        key="database_tls", title=_("The database is on this machine or asked over TLS"),
        present=at_home or database["OPTIONS"].get("sslmode") in {"require", "verify-ca", "verify-full"},
    )  # fmt: skip
    yield Safeguard(
        key="mail_tls", present=mail_at_home or settings.EMAIL_USE_TLS, title=_("Mail is sent over TLS")
    )
    yield Safeguard(
        key="hub_off", present=not settings.HUB_TOKEN, title=_("Models cannot be put on an outside hub")
    )


def _people() -> Iterator[Safeguard]:
    admins = Membership.objects.filter(scope=None, role=Role.ADMIN).values("user")
    count = User.objects.filter(is_active=True).filter(pk__in=admins).count()
    yield Safeguard(
        key="few_admins", present=count <= MOST_ADMINS, title=_("Few people administer the site"),
        note=_("%(n)s administrators") % {"n": count},
    )  # fmt: skip
    yield Safeguard(
        key="verified_mail", title=_("Accounts need a confirmed e-mail address or an invitation"),
        present=settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" or not settings.ACCOUNT_SIGNUP_OPEN,
    )  # fmt: skip
    yield Safeguard(
        key="age", present=settings.MINIMUM_AGE >= 16, title=_("Children cannot make an account"),
        note=_("from %(n)s years on") % {"n": settings.MINIMUM_AGE},
    )  # fmt: skip
    yield Safeguard(
        key="controller", present=not notice_facts.missing(), title=_("The controller is named"),
        note=", ".join(notice_facts.missing()),
    )  # fmt: skip
    yield Safeguard(
        key="notice", present=NoticeVersion.objects.exists(), title=_("A privacy notice is published")
    )
    yield Safeguard(
        key="humans_decide", present=True,
        title=_("People decide about people: no ban without a person, an appeal to another one"),
    )  # fmt: skip


def _proof() -> Iterator[Safeguard]:
    check = audit_checks.last_check()
    fresh = check is not None and check.finished_at is not None and (
        timezone.now() - check.finished_at < timedelta(days=2)
    )  # fmt: skip
    yield Safeguard(
        key="audit", title=_("The audit log is chained, and was verified within two days"),
        present=bool(fresh and check and check.state == AuditCheck.State.INTACT),
        note=f"{check.finished_at:%Y-%m-%d %H:%M} UTC: {check.state}" if check and check.finished_at else "",
    )  # fmt: skip
    yield Safeguard(
        key="logs", present=settings.LOGGING_CONFIG == "privacy.logs.configure",
        title=_("Logs and error reports hold no personal data"),
    )  # fmt: skip
    rules = retention_facts.rules_in_force()
    yield Safeguard(
        key="retention", present=rules > 0, title=_("Retention rules are in force"), note=str(rules)
    )  # fmt: skip
