"""The money of answers that came too late to count."""

from collections.abc import Iterable
from uuid import UUID

from annotations.models import Answer
from common.ids import uuid7
from rewards.services import ledger
from tasks_app.models import Assignment, Project


def release(rejected: Iterable[Answer]) -> None:
    """A late answer's money serves no other slot: when it is rejected, the money is the project's again."""
    late = {
        answer.assignment_id: answer.project_id
        for answer in rejected
        if answer.extra and answer.assignment_id is not None
    }
    kept: dict[UUID, int] = {}
    for pk, reward in Assignment.objects.filter(pk__in=late).values_list("pk", "reward_minor"):
        kept[late[pk]] = kept.get(late[pk], 0) + reward
    for project_id, amount in kept.items():
        if amount:
            ledger.release(
                project_id=project_id,
                currency=Project.objects.only("currency").get(pk=project_id).currency,
                amount_minor=amount,
                key=f"release:late:{uuid7()}",
            )
