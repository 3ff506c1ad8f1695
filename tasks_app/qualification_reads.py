"""Reads of qualifications for pages and REST: what a person may see of them, and how they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Membership, Role, User
from common.errors import NotFound
from tasks_app.models import (
    Project,
    Qualification,
    QualificationAttempt,
    QualificationItem,
    WorkerQualification,
)
from tasks_app.pseudonyms import pseudonym
from tasks_app.services.attempts import retry_at


@dataclass(frozen=True)
class Standing:
    """How one person stands with one qualification."""

    qualification: Qualification
    held: WorkerQualification | None
    attempt: QualificationAttempt | None  # open or the last one
    retry_at: datetime | None
    has_training: bool

    @property
    def is_held(self) -> bool:
        held = self.held
        return bool(
            held and not held.revoked_at and (held.expires_at is None or held.expires_at > timezone.now())
        )

    @property
    def may_start(self) -> bool:
        tests = {Qualification.Kind.EXAM, Qualification.Kind.TRAINING}
        taken = bool(self.held and self.held.revoked_at and self.held.revoked_by_id)
        early = self.retry_at is not None and self.retry_at > timezone.now()
        return self.qualification.kind in tests and not (self.is_held or taken or early)


def visible_to(user: User) -> QuerySet[Qualification]:
    """One's own, those one has to do with already, and those that a project asks for which one may see."""
    invited = Membership.objects.filter(user=user).exclude(scope=None).values("scope")
    open_to = Q(visibility=Project.Visibility.OPEN) | Q(pk__in=invited)
    live = Project.objects.filter(open_to, qualification__isnull=False).exclude(state=Project.State.DRAFT)
    asked: set[str] = set()
    for sent in live.values_list("qualification", flat=True):
        asked |= set((sent or {}).get("requires", []))
    return Qualification.objects.filter(
        Q(owner=user) | Q(pk__in=asked) | Q(holders__worker=user) | Q(attempts__worker=user)
    ).distinct()


def qualification_for(user: User, qualification_id: UUID) -> Qualification:
    row = visible_to(user).filter(pk=qualification_id).first()
    if row is None:
        raise NotFound(_("There is no such qualification."))
    return row


def own_qualification(user: User, qualification_id: UUID) -> Qualification:
    """The qualification, if `user` made it or administers the site."""
    row = Qualification.objects.filter(pk=qualification_id).select_related("owner").first()
    if row is None or (row.owner_id != user.pk and Role.ADMIN not in roles.site_roles(user)):
        raise NotFound(_("There is no such qualification."))
    return row


def shown_name(row: WorkerQualification) -> str:
    """Whoever was given it by hand was named by the giver. Who earned it is nobody's to know: a pseudonym."""
    if row.source == WorkerQualification.Source.GRANTED:
        return str(row.worker)
    return pseudonym(row.qualification_id, row.worker_id)


def attempt_for(user: User, attempt_id: UUID) -> QualificationAttempt:
    """One's own attempt."""
    row = (
        QualificationAttempt.objects.select_related("qualification", "worker")
        .filter(pk=attempt_id, worker=user)
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such attempt."))
    return row


def standing(qualification: Qualification, user: User) -> Standing:
    attempts = QualificationAttempt.objects.filter(qualification=qualification, worker=user)
    return Standing(
        qualification=qualification,
        held=WorkerQualification.objects.filter(qualification=qualification, worker=user).first(),
        attempt=attempts.order_by("-started_at").first(),
        retry_at=retry_at(qualification, user),
        has_training=qualification.items.filter(part="training", retired_at=None).exists(),
    )


def questions(attempt: QualificationAttempt, *, open_only: bool = False) -> list[QualificationItem]:
    """The questions in the order drawn."""
    rows = {str(row.pk): row for row in QualificationItem.objects.filter(pk__in=attempt.items)}
    return [rows[pk] for pk in attempt.items if pk in rows and not (open_only and pk in attempt.answers)]


def question_json(item: QualificationItem) -> dict[str, Any]:
    """What may be shown before an answer: neither the truth nor its explanation, nor where it comes from."""
    return {"id": str(item.pk), **item.payload}
