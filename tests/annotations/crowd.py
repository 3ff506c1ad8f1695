"""What tests of this area share: people who answer, and what they have earned."""

from typing import Any

from accounts.models import Notification, Role, User
from accounts.roles import grant
from annotations import consensus
from annotations.models import Answer
from annotations.services.submission import submit_answer
from rewards.models import LedgerAccount
from rewards.services import ledger
from tasks_app.models import Item, Project
from tests.factories import lease, make_user


def answer(item: Item, worker: User, value: Any) -> Answer:
    """Claim and submit; a bare label stands for the intent."""
    value = {"intent": value} if isinstance(value, str) else value
    receipt = submit_answer(assignment=lease(item, worker), answer=value, seconds=5)
    return Answer.objects.get(pk=receipt.answer_id)


def decide(item: Item, *labels: Any) -> list[User]:
    people = [make_user() for _ in labels]
    for person, label in zip(people, labels, strict=True):
        answer(item, person, label)
    consensus.aggregate_item(item.pk)
    item.refresh_from_db()
    return people


def wallet(user: User) -> int:
    account = LedgerAccount.objects.filter(kind="wallet", owner=user.pk).first()
    return account.balance if account else 0


def balance(project: Project) -> tuple[int, int, int]:
    found = ledger.balances(project_id=project.pk, currency="USD")
    return found.escrow, found.reserved, found.paid


def make_reviewer(project: Project) -> User:
    reviewer = make_user("reviewer")
    grant(reviewer, Role.REVIEWER, project.pk)
    return reviewer


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("created_at").values_list("kind", flat=True))
