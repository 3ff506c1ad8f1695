"""The only way from an id in a URL to a row. "Absent" and "not yours" get the same answer."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Role, User
from annotations.models import Answer, Appeal, Consensus, Measure, SecondReview
from common.errors import NotFound
from common.prepared import Prepared, Rows
from tasks_app import access
from tasks_app.models import Assignment, Item, Project

_assignments = Rows(
    Assignment,
    "a",
    "id",
    "worker_id",
    "item_id",
    "project_id",
    "state",
    "schema_version_id",
    "lease_expires_at",
)
_items = Rows(Item, "i", "id", "payload")
_projects = Rows(Project, "p", "id", "currency")
_TO_SUBMIT = Prepared(
    f"""
SELECT {_assignments.columns}, {_items.columns}, {_projects.columns}
FROM tasks_app_assignment a
JOIN tasks_app_item i ON i.id = a.item_id
JOIN tasks_app_project p ON p.id = a.project_id
WHERE a.id = %(id)s AND a.worker_id = %(worker)s
"""  # noqa: S608 - only our own column names are put in
)


def assignment_to_submit(user: User, assignment_id: UUID) -> Assignment:
    """The person's own assignment with its item and project: all that a submit needs, in one query."""
    rows = _TO_SUBMIT.rows(id=assignment_id, worker=user.pk)
    if not rows:
        raise NotFound(_("There is no such assignment."))
    values = rows[0]
    row = _assignments.of(values[: _assignments.width])
    row.item = _items.of(values[_assignments.width : -_projects.width])
    row.project = _projects.of(values[-_projects.width :])
    return row


def consensus_for(user: User, consensus_id: UUID) -> Consensus:
    row = Consensus.objects.select_related("project", "item").filter(pk=consensus_id).first()
    absent = NotFound(_("There is nothing to review under this id."))
    if row is None:
        raise absent
    _as_reviewer(user, row.project_id, absent)
    return row


def answer_for(user: User, answer_id: UUID) -> Answer:
    """One's own answer."""
    row = Answer.objects.select_related("project", "item").filter(pk=answer_id, worker=user).first()
    if row is None:
        raise NotFound(_("There is no such answer."))
    return row


def appeal_for(user: User, appeal_id: UUID) -> Appeal:
    row = Appeal.objects.select_related("answer__project").filter(pk=appeal_id).first()
    absent = NotFound(_("There is no such appeal."))
    if row is None:
        raise absent
    _as_reviewer(user, row.answer.project_id, absent)
    return row


def second_review_for(user: User, second_id: UUID) -> SecondReview:
    row = (
        SecondReview.objects.select_related("project", "review__consensus__item").filter(pk=second_id).first()
    )
    absent = NotFound(_("There is nothing to review under this id."))
    if row is None:
        raise absent
    _as_reviewer(user, row.project_id, absent)
    return row


def own_measure(user: User, measure_id: UUID) -> Measure:
    row = Measure.objects.select_related("project").filter(pk=measure_id, worker=user).first()
    if row is None:
        raise NotFound(_("There is no such decision."))
    return row


def measure_for(user: User, measure_id: UUID) -> Measure:
    """A measure in a project that the person manages."""
    row = Measure.objects.select_related("project").filter(pk=measure_id).first()
    absent = NotFound(_("There is no such decision."))
    if row is None:
        raise absent
    _as_reviewer(user, row.project_id, absent, role=Role.REQUESTER)
    return row


def _as_reviewer(user: User, project_id: UUID, absent: NotFound, role: str = Role.REVIEWER) -> None:
    try:
        access.project_for(user, project_id, role)
    except NotFound:
        raise absent from None
