"""Money from a project's escrow beyond the price of answers: given for a reason, or to lift an hour's pay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from common import audit
from common.currencies import show_money, to_minor
from common.errors import Conflict, Forbidden, Invalid, Problem
from common.gate import through_gate
from common.keys import short
from rewards.booking import Draft, book, escrow, lock, wallet
from rewards.models import Bonus, Transfer

_CAP_WITHIN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The project whose escrow pays; the rest of the platform knows more about it than the ledger does."""

    project_id: UUID
    title: str
    currency: str


def cap_minor(currency: str) -> int:
    """The most that one person gets as bonuses from one project within a day."""
    caps = settings.BONUS_CAPS
    return to_minor(caps.get(currency, caps.get("*", Decimal(0))), currency)


@transaction.atomic
def give_bonus(
    *, source: Source, worker_id: UUID, amount_minor: int, reason: str, key: str, actor: UUID
) -> Bonus:
    """Pay a person extra, once for `key`, and tell them why. Conflict above the day's cap or the escrow."""
    _check(amount_minor, reason)
    if worker_id == actor:
        raise Forbidden(_("Nobody gives a bonus to themselves."), code="own_bonus")
    pots = escrow(source.project_id, source.currency), wallet(worker_id, source.currency)
    lock(pots)  # what was given today is counted under it: two at once must not pass the cap together
    name = f"bonus:{source.project_id}:{short(key)}"
    known = Bonus.objects.filter(key=name).first()
    if known is None:
        _refuse_above_cap(source, worker_id, amount_minor)
    book(
        [
            Draft(
                key=name,
                kind=Transfer.Kind.BONUS,
                legs={pots[0]: -amount_minor, pots[1]: amount_minor},
                memo=through_gate(reason)[:200],
                actor=actor,
            )
        ]
    )
    return known or _record(Bonus.Kind.GIVEN, source, worker_id, amount_minor, reason, name, actor)


def _check(amount_minor: int, reason: str) -> None:
    problems = []
    if amount_minor <= 0:
        problems.append(Problem("/amount_minor", "range", _("Give an amount above zero.")))
    if not 3 <= len(reason.strip()) <= 200:
        problems.append(
            Problem("/reason", "required", _("Say what the bonus is for, in 3 to 200 characters."))
        )
    if problems:
        raise Invalid(problems[0].detail, problems=problems)


def _refuse_above_cap(source: Source, worker_id: UUID, amount_minor: int) -> None:
    cap = cap_minor(source.currency)
    today = Bonus.objects.filter(
        project=source.project_id,
        worker=worker_id,
        currency=source.currency,
        kind=Bonus.Kind.GIVEN,
        created_at__gt=timezone.now() - _CAP_WITHIN,
    ).aggregate(n=Sum(F("amount_minor") - F("reversed_minor")))["n"]
    if (today or 0) + amount_minor > cap:
        detail = _("One person gets at most %(cap)s as bonuses from one project in a day.")
        raise Conflict(
            detail % {"cap": show_money(cap, source.currency)},
            code="bonus_cap",
            left_minor=max(0, cap - (today or 0)),
        )


def _record(
    kind: str, source: Source, worker_id: UUID, amount_minor: int, reason: str, key: str, actor: UUID
) -> Bonus:
    bonus = Bonus.objects.create(
        key=key,
        kind=kind,
        project=source.project_id,
        worker=worker_id,
        currency=source.currency,
        amount_minor=amount_minor,
        reason=reason,
        actor=actor,
    )
    audit.record(
        f"bonus.{kind}", bonus, actor=actor, amount_minor=amount_minor, project=str(source.project_id)
    )
    notify(
        user_id=worker_id,
        kind="bonus_received",
        url="/earnings/",
        project=source.title,
        amount_minor=amount_minor,
        currency=source.currency,
        top_up=kind == Bonus.Kind.TOP_UP,
        reason=reason,
    )
    return bonus


def topped_up(*, project_id: UUID, currency: str) -> dict[UUID, int]:
    """Person -> what was added so far to lift the pay of their hours; also what was taken back since, which
    somebody decided and no repetition should undo."""
    rows = Bonus.objects.filter(project=project_id, currency=currency, kind=Bonus.Kind.TOP_UP)
    sums = rows.values("worker").annotate(n=Sum("amount_minor"))
    return dict(sums.values_list("worker", "n"))


@transaction.atomic
def top_up(
    *, source: Source, wanted: Mapping[UUID, int], reason: str, actor: UUID, expected_minor: int | None = None
) -> int:
    """Bring each person's top-ups up to what is `wanted` in all; returns what was paid just now.

    Because it pays the difference, a repeated or simultaneous call pays nothing more. `expected_minor`: the
    sum that was shown before; Conflict(code="changed") if it would be another one by now.
    """
    pot = escrow(source.project_id, source.currency)
    wallets = {worker: wallet(worker, source.currency) for worker in wanted}
    lock([pot, *wallets.values()])  # what was paid before is counted under it
    before = topped_up(project_id=source.project_id, currency=source.currency)
    due = {worker: sum_ - before.get(worker, 0) for worker, sum_ in wanted.items()}
    due = {worker: amount for worker, amount in due.items() if amount > 0}
    total = sum(due.values())
    if expected_minor is not None and total not in {0, expected_minor}:
        raise Conflict(
            _("The sum has changed since it was shown. Look at it once more."),
            code="changed",
            total_minor=total,
        )
    name = f"top-up:{source.project_id}:{source.currency}"
    keys = {worker: f"{name}:{worker}:{wanted[worker]}" for worker in due}
    book(
        [
            Draft(
                key=keys[worker],
                kind=Transfer.Kind.BONUS,
                legs={pot: -amount, wallets[worker]: amount},
                memo=through_gate(reason)[:200],
                actor=actor,
            )
            for worker, amount in due.items()
        ]
    )
    for worker, amount in due.items():
        _record(Bonus.Kind.TOP_UP, source, worker, amount, reason, keys[worker], actor)
    return total
