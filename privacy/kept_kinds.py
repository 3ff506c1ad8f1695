"""The kinds of record that privacy and the apps below it keep, for retention rules."""

from collections.abc import Sequence
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, Notification
from privacy.models import BlindValue, ConsentRecord, SubjectRequest, VaultEntry
from privacy.retention import Kind, register

_CLOSED = Q(state__in=[SubjectRequest.State.CLOSED, SubjectRequest.State.REFUSED])


def register_all() -> None:
    register(
        Kind(
            "notifications", _("Notifications"), _("What people were told, read or not."),
            Notification.objects.all, "created_at", 365,
        )
    )  # fmt: skip
    register(
        Kind(
            "sessions", _("Sessions that have ended"), _("Counted from the day on which they ended."),
            lambda: Session.objects.filter(expire_date__lt=timezone.now()), "expire_date", 30,
        )
    )  # fmt: skip
    register(
        Kind(
            "listed_sessions", _("Where people were signed in"),
            _("Address and browser of each session; counted from the last sign-in there."),
            UserSession.objects.all, "last_seen_at", 30,
        )
    )  # fmt: skip
    register(
        Kind(
            "tokens", _("Access tokens that no longer work"), _("Counted from the day on which they ended."),
            ApiToken.objects.all, "expires_at", 90,
        )
    )  # fmt: skip
    register(
        Kind(
            "originals", _("Originals in the vault"),
            _("What was replaced in texts. The texts keep their placeholders."),
            # A restriction (GDPR Art. 18) is asked for so that they are kept.
            lambda: VaultEntry.objects.filter(restricted=False), "created_at", 365, project="project",
            remove=_forget_originals,
        )
    )  # fmt: skip
    register(
        Kind(
            "consent_proofs", _("Proofs of consent of erased people"),
            _("Kept for the defence of legal claims; the person stands in them no longer."),
            lambda: ConsentRecord.objects.filter(person=None), "erased_at", settings.CONSENT_PROOF_DAYS,
        )
    )  # fmt: skip
    register(
        Kind(
            "requests", _("Closed requests of data subjects"),
            _("Those with a signed certificate stay, as its proof."),
            _ended_requests, "closed_at", 3 * 365,
        )
    )  # fmt: skip


def _ended_requests() -> QuerySet[SubjectRequest]:
    """Not a restriction in force: its particulars say what to lift."""
    rows = SubjectRequest.objects.filter(_CLOSED, certificate=None, package=None)
    return rows.exclude(kind=SubjectRequest.Kind.RESTRICT, state=SubjectRequest.State.CLOSED, lifted_at=None)


def _forget_originals(keys: Sequence[Any]) -> int:
    """With what they are found by: an index of values that nobody holds any more has no purpose."""
    entries = VaultEntry.objects.filter(pk__in=keys)
    BlindValue.objects.filter(item__in=entries.values("item")).delete()
    entries.delete()
    return len(keys)
