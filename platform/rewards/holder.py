"""What rewards hold about a person. The ledger is books that the law wants kept: no entry is touched, and an
id in it names nobody once the account is emptied. What says more than amount, day and reference goes."""

import uuid
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from common import audit
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from rewards.models import (
    Badge,
    Bonus,
    Entry,
    LedgerAccount,
    Payout,
    PayoutAddress,
    Recognition,
    Transfer,
    WorkedDay,
)
from rewards.services import addresses, ledger, payouts

RETAINED_ON = "GDPR art. 17(3)(b): records of payments, which tax and commercial law require to be kept"
_MINE = (LedgerAccount.Kind.WALLET, LedgerAccount.Kind.PAYABLE)
# Written by people about a person; what answers are paid for is named by the project's title instead.
_WORDY = (Transfer.Kind.BONUS, Transfer.Kind.REVERSAL, Transfer.Kind.PAYOUT, Transfer.Kind.SETTLE)
_UNDERWAY = (Payout.State.BATCHED, Payout.State.SENT, Payout.State.UNKNOWN)


class RewardsHolder:
    name = "rewards"
    rank = 40

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        if subject.account is None:
            return
        user = subject.account
        kept = _("As long as tax and commercial law require; see the notice.")
        yield Holding(
            "ledger", _("Your earnings, entry by entry"), _entries(user),
            _("To pay you, and to account for it."), source=_("This platform, from your answers."),
            retention=kept,
        )  # fmt: skip
        yield Holding(
            "payouts",
            _("Your payouts"),
            _rows(
                Payout.objects.filter(user=user), "currency", "amount_minor", "state", "reference", "reason",
                "created_at", "sent_at", "closed_at",
            ),
            _("To pay you, and to account for it."), recipients=_("The bank that carries out the payment."),
            retention=kept,
        )  # fmt: skip
        yield Holding(
            "bank_details", _("Where your money goes"), _address(user),
            _("To pay you."), source=_("You."), recipients=_("The bank that carries out the payment."),
        )  # fmt: skip
        yield Holding(
            "bonuses", _("Your bonuses"),
            _rows(
                Bonus.objects.filter(worker=user), "kind", "project", "currency", "amount_minor", "reason",
                "created_at", "reversed_minor",
            ),
            _("To pay you, and to account for it."), source=_("The requester who gave it."), retention=kept,
        )  # fmt: skip
        yield Holding(
            "worked_days", _("Your work, day by day"),
            _rows(
                WorkedDay.objects.filter(worker=user), "project", "day", "answers", "seconds", "earned_minor"
            ),
            _("To see that an hour of work is paid fairly."), source=_("Measured while you worked."),
        )  # fmt: skip
        yield Holding(
            "recognition", _("Your points, streaks and badges"), _recognition(user),
            _("To recognise your work."), source=_("Worked out from your answers."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        done = {"mentions": mentions.scrub_words("rewards", subject.values)}
        user = subject.account
        if user is not None:
            done |= {
                "money_given_up": _waive(user, terms),
                "bank_details": PayoutAddress.objects.filter(user=user).delete()[0],
                "payouts_emptied": _ended_with_details(user).update(nonce=None, sealed=None, reason=""),
                "memos": _wordy_memos(user).update(memo=""),
                "bonus_reasons": Bonus.objects.filter(worker=user).exclude(reason="").update(reason=""),
                "worked_days": _part_days(user),
                "recognition": Recognition.objects.filter(user=user).delete()[0],
                "badges": Badge.objects.filter(user=user).delete()[0],
            }
            _note_what_stays(user, terms)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Nothing to stop: money that is owed is paid all the same."""
        return {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("rewards", subject.values)
        user = subject.account
        if user is not None:
            left |= {
                "bank_details": PayoutAddress.objects.filter(user=user).count(),
                "sealed_payouts": Payout.objects.filter(user=user, sealed__isnull=False).count(),
                "memos": _wordy_memos(user).count(),
                "bonus_reasons": Bonus.objects.filter(worker=user).exclude(reason="").count(),
                "worked_days": WorkedDay.objects.filter(worker=user).count(),
                "recognition": Recognition.objects.filter(user=user).count(),
                "badges": Badge.objects.filter(user=user).count(),
            }
        return {name: count for name, count in left.items() if count}


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    yield from found.order_by("pk").values(*names).iterator(chunk_size=500)


def _entries(user: UUID) -> Iterator[dict[str, Any]]:
    found = Entry.objects.filter(account__owner=user, account__kind__in=_MINE).order_by("pk")
    names = ("transfer__created_at", "transfer__kind", "transfer__memo", "account__kind", "account__currency")
    for row in found.values(*names, "amount").iterator(chunk_size=500):
        yield {name.rpartition("__")[2] if name != "account__kind" else "pot": row[name] for name in row}


def _address(user: UUID) -> Iterator[dict[str, Any]]:
    if found := addresses.address_of(user):
        yield {"holder": found.holder, "account": found.account, "bic": found.bic}


def _recognition(user: UUID) -> Iterator[dict[str, Any]]:
    yield from _rows(
        Recognition.objects.filter(user=user), "points", "streak", "longest_streak", "active_days", "listing",
        "nickname", "time_zone", "facts",
    )  # fmt: skip
    yield from _rows(Badge.objects.filter(user=user), "name", "earned_at")


def _waive(user: UUID, terms: Terms) -> int:
    """What was not asked for, or not sent yet, is given up: whoever decided the request has seen to that."""
    for payout in Payout.objects.filter(user=user, state=Payout.State.REQUESTED):
        payouts.cancel_payout(payout_id=payout.pk, actor=user)
    found = LedgerAccount.objects.filter(kind=LedgerAccount.Kind.WALLET, owner=user, balance__gt=0)
    pots = list(found.order_by("currency"))
    for pot in pots:
        ledger.waive_wallet(
            user_id=user,
            currency=pot.currency,
            amount_minor=pot.balance,
            key=str(terms.request),
            actor=terms.actor,
        )
    return len(pots)


def _ended_with_details(user: UUID) -> QuerySet[Payout]:
    said = Q(sealed__isnull=False) | ~Q(reason="")
    return Payout.objects.filter(said, user=user).exclude(state__in=_UNDERWAY)


def _wordy_memos(user: UUID) -> QuerySet[Transfer]:
    about = Entry.objects.filter(account__owner=user, account__kind__in=_MINE).values("transfer")
    return Transfer.objects.filter(pk__in=about, kind__in=_WORDY).exclude(memo="")


def _part_days(user: UUID) -> int:
    """The days stay for the project's measure of pay, each project's under a number of its own."""
    found = WorkedDay.objects.filter(worker=user)
    projects = found.order_by().values_list("project", flat=True).distinct()
    return sum(found.filter(project=project).update(worker=uuid.uuid4()) for project in list(projects))


def _note_what_stays(user: UUID, terms: Terms) -> None:
    pots = list(LedgerAccount.objects.filter(owner=user, kind__in=_MINE))
    if pots:
        kept = Payout.objects.filter(user=user).count()
        audit.record(
            "erasure.retained", pots[0], actor=terms.actor, payouts=kept, note=RETAINED_ON,
            request=str(terms.request),
        )  # fmt: skip
