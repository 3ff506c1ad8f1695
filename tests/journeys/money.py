"""Money in every shape that a page shows: earned, given, taken back, asked for, on its way, lost on it."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from annotations import fair_rate
from rewards.models import Payout, PayoutBatch, WorkedDay
from rewards.services import addresses, batches, bonuses, ledger, payouts, recognition, reversals
from rewards.services.ledger import Payment
from tasks_app.models import Project
from tests.factories import make_user

IBAN = "DE89370400440532013000"


def flow(project: Project, annotator: User, admin: User) -> PayoutBatch:
    """Four people at work in one project and another currency; returns a batch of which a line failed."""
    people = [annotator, *(make_user(f"Earner {n}") for n in range(3))]
    for money in (project.currency, "JPY"):
        pay(project, money, people)
    hours(project, people)
    source = bonuses.Source(project_id=project.pk, title=project.title, currency=project.currency)
    give(source, annotator, project.owner)
    return pay_out(people, project.currency, admin)


def pay(project: Project, money: str, people: list[User]) -> None:
    ledger.fund_project(
        project_id=project.pk, currency=money, amount_minor=900_000, key=f"{money} in", actor=project.owner_id
    )
    ledger.reserve(project_id=project.pk, currency=money, amount_minor=500_000, key=f"world:{money}")
    payments = [
        Payment(
            worker_id=person.pk, amount_minor=123_456, key=f"world:{money}:{person.pk}", memo=project.title
        )
        for person in people
    ]
    ledger.pay(project_id=project.pk, currency=money, payments=payments)


def hours(project: Project, people: list[User]) -> None:
    """The first one earned well, the others less than the floor."""
    for number, person in enumerate(people):
        WorkedDay.objects.create(
            project=project.pk,
            worker=person.pk,
            day=timezone.now().date() - timedelta(days=9),
            answers=40,
            seconds=7200 * (1 + number),
            earned_minor=2400,
        )
        recognition.update_recognition(user_id=person.pk)
    fair_rate.measure_project(project.pk)


def give(source: bonuses.Source, annotator: User, owner: User) -> None:
    for key, reason in (("kept", "The most careful spans of the week 本周最仔细"), ("back", "By mistake")):
        bonus = bonuses.give_bonus(
            source=source, worker_id=annotator.pk, amount_minor=250, reason=reason, key=key, actor=owner.pk
        )
    reversals.reverse_bonus(bonus=bonus, reason="It was meant for somebody else", actor=owner.pk)


def pay_out(people: list[User], money: str, admin: User) -> PayoutBatch:
    lines = []
    for person in people[:3]:
        addresses.save_address(user_id=person.pk, holder="Ann-Marie Müller-Lüdenscheidt", account=IBAN)
        lines.append(ask(person, money, "first"))
    batch = batches.build_batch(currency=money, key="world", actor=admin.pk, provider="manual")
    batches.send_batch(batch_id=batch.pk, actor=admin.pk)
    for line, outcome in ((lines[0], "failed"), (lines[1], "paid")):
        line.refresh_from_db()
        reason = "AC04: the account is closed, says the bank of the payee" if outcome == "failed" else ""
        batches.mark_line(payout=line, outcome=outcome, reason=reason, actor=admin.pk)
    for person in people:
        ask(person, money, "second")
    return batch


def ask(person: User, money: str, key: str) -> Payout:
    return payouts.request_payout(user_id=person.pk, currency=money, amount_minor=50_000, key=key)
