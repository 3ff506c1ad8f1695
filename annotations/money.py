"""What a requester does with a project's money that needs to know people: by pseudonym, as everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from annotations import fair_rate
from annotations.people import person_named
from common.errors import Conflict, NotFound
from rewards import fair_rate as rates
from rewards.models import Bonus, Entry, LedgerAccount
from rewards.services import bonuses, reversals
from rewards.services.bonuses import Source
from tasks_app.models import Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym

Kind = LedgerAccount.Kind


@dataclass(frozen=True)
class Shortfall:
    """One person below the floor: what the hours earned, and what is still due; minor units."""

    worker_id: UUID
    annotator: str
    seconds: float
    earned_minor: int
    hourly_minor: int
    due_minor: int


@dataclass(frozen=True)
class TopUp:
    """A preview: who would get what. `wanted` names each person's top-ups in all, paid ones included."""

    floor_minor: int | None
    lines: tuple[Shortfall, ...]
    wanted: dict[UUID, int]

    @property
    def total_minor(self) -> int:
        return sum(line.due_minor for line in self.lines)


def source_of(project: Project) -> Source:
    return Source(project_id=project.pk, title=project.title, currency=project.currency)


def top_up_preview(
    project: Project, people: Sequence[fair_rate.Person] | None = None, rate: rates.Rate | None = None
) -> TopUp:
    """What would lift everybody's measured hours to the floor, but those whom a person has kept out.

    `people`: what `fair_rate.people_of` gives, `rate`: what `rate_of` gives, where they are known."""
    floor = (rate or rates.rate_of(project.pk, project.currency)).floor_minor
    if floor is None:
        return TopUp(None, (), {})
    paid = bonuses.topped_up(project_id=project.pk, currency=project.currency)
    banned = WorkerProgress.objects.filter(project=project, banned_at__isnull=False)
    left_out = {project.owner_id, *banned.values_list("worker_id", flat=True)}
    wanted, lines = {}, []
    people = fair_rate.people_of(project.pk) if people is None else people
    # The days of whoever was erased stay, under a number that is nobody's and has no wallet.
    there = User.objects.filter(pk__in=[person.worker for person in people], erased_at=None)
    reachable = set(there.values_list("pk", flat=True))
    for person in people:
        owed = person.owed_minor(floor)
        due = owed - paid.get(person.worker, 0)
        if due > 0 and person.worker in reachable - left_out:
            wanted[person.worker] = owed
            lines.append(_shortfall(project, person, due))
    return TopUp(floor, tuple(lines), wanted)


def _shortfall(project: Project, person: fair_rate.Person, due: int) -> Shortfall:
    return Shortfall(
        worker_id=person.worker,
        annotator=pseudonym(project.pk, person.worker),
        seconds=person.seconds,
        earned_minor=person.earned_minor + person.topped_up_minor,
        hourly_minor=round(person.hourly_minor),
        due_minor=due,
    )


def pay_top_up(*, project: Project, expected_minor: int, actor: User) -> int:
    """Pay everybody below the floor what is missing, out of the escrow. A repeated click pays nothing.

    `expected_minor` is the sum that was shown; Conflict(code="changed") if it is another one by now.
    """
    preview = top_up_preview(project)
    if preview.floor_minor is None:
        raise Conflict(
            _("There is no floor for an hour in %s. Set one first.") % project.currency, code="no_floor"
        )
    return bonuses.top_up(
        source=source_of(project),
        wanted=preview.wanted,
        reason=_("Fair pay for the hours worked"),
        actor=actor.pk,
        expected_minor=expected_minor,
    )


def give_bonus(
    *, project: Project, annotator: str, amount_minor: int, reason: str, key: str, actor: User
) -> Bonus:
    """A bonus from the project's escrow to a person known by pseudonym."""
    return bonuses.give_bonus(
        source=source_of(project),
        worker_id=person_named(project, annotator).pk,
        amount_minor=amount_minor,
        reason=reason,
        key=key,
        actor=actor.pk,
    )


def bonus_of(project: Project, bonus_id: UUID) -> Bonus:
    bonus = Bonus.objects.filter(pk=bonus_id, project=project.pk).first()
    if bonus is None:
        raise NotFound(_("There is no such bonus."))
    return bonus


def reverse_bonus(*, project: Project, bonus_id: UUID, reason: str, up_to: bool, actor: User) -> int:
    """Take a bonus back within a week, out of what the person's wallet holds."""
    bonus = bonus_of(project, bonus_id)
    return reversals.reverse_bonus(bonus=bonus, reason=reason, actor=actor.pk, up_to=up_to)


@dataclass(frozen=True)
class LedgerLine:
    id: int
    at: Any
    kind: str
    memo: str
    amount_minor: int


def ledger_lines(project: Project, *, before: int | None = None, limit: int = 30) -> list[LedgerLine]:
    """A project's latest movements, the newest first; `before` goes on where a page ended.

    Each pot is read from the end of its own index, so that a million payments cost no more than thirty.
    """
    found: list[Entry] = []
    for kind in (Kind.ESCROW, Kind.RESERVED):
        # Its id by a subquery, so that the planner does not take the largest pot for half of the table and
        # read that from its end instead of the pot's own index.
        pot = LedgerAccount.objects.filter(owner=project.pk, currency=project.currency, kind=kind)
        rows = Entry.objects.filter(account=Subquery(pot.values("pk")[:1]))
        rows = rows.select_related("transfer", "account")
        if before is not None:
            rows = rows.filter(pk__lt=before)
        found += rows.order_by("-pk")[: 2 * limit]
    return _without_mirrors(found)[:limit]


def _without_mirrors(entries: Sequence[Entry]) -> list[LedgerLine]:
    """Money set aside for answers, or not any more, moves between two pots of the project: shown once."""
    lines = [
        LedgerLine(
            entry.pk, entry.transfer.created_at, entry.transfer.kind, entry.transfer.memo, entry.amount
        )
        for entry in sorted(entries, key=lambda entry: -entry.pk)
        if not (entry.account.kind == Kind.RESERVED and entry.transfer.kind in {"reserve", "release"})
    ]
    return lines
