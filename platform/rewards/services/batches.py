"""Payouts on their way to a provider, in batches. Survives a kill at any point without paying anybody twice:

1. `sending` is committed before the provider is called: from then on money may have left.
2. The provider is called outside of any transaction, with the batch's key; a repeated key does nothing there.
3. Its answer is committed. Should we die before, the sweep finds `sending` and calls again with that key.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from common import audit
from common.currencies import to_major
from common.errors import Conflict, DomainError
from common.keys import short
from common.turns import turn, turn_until_commit
from rewards import sealing
from rewards.models import Payout, PayoutAddress, PayoutBatch
from rewards.providers.base import (
    BatchOrder,
    BatchStatus,
    PayoutOrder,
    ProviderRefused,
    ProviderUncertain,
)
from rewards.providers.registry import provider_named
from rewards.services import payouts

logger = logging.getLogger(__name__)
State = PayoutBatch.State
LARGEST = 5_000
# No provider is given longer to answer; a batch that is `sending` for longer has lost its sender.
STALE = timedelta(minutes=5)
# For so long a bank may still send back what it reported as paid.
_MAY_COME_BACK = timedelta(days=30)


@transaction.atomic
def build_batch(*, currency: str, key: str, actor: UUID, provider: str = "") -> PayoutBatch:
    """Collect the waiting payouts of one currency, the oldest first. Once for `key`.

    Of two built at the same moment the second waits for the first one's rows, and finds them taken.
    """
    name = provider or settings.PAYOUT_PROVIDER
    chosen = provider_named(name)
    batch, created = PayoutBatch.objects.get_or_create(
        key=short(f"{actor}:{key}")[:32], defaults={"provider": name, "currency": currency, "actor": actor}
    )
    if not created:
        return batch
    waiting = Payout.objects.select_for_update().filter(state=Payout.State.REQUESTED, currency=currency)
    if chosen.needs_address:
        waiting = waiting.filter(user__in=PayoutAddress.objects.values("user"))
    rows = list(waiting.order_by("id")[:LARGEST])
    if not rows:
        raise Conflict(_("No payout in %(currency)s waits.") % {"currency": currency}, code="nothing_waits")
    # Held, so that a change of VAULT_KEY beside this wraps the copies too.
    found = PayoutAddress.objects.select_for_update().filter(user__in={row.user for row in rows})
    addresses = {row.user: row for row in found.order_by("user")}
    for row in rows:
        row.state, row.batch = Payout.State.BATCHED, batch
        if address := addresses.get(row.user):
            row.nonce, row.sealed, row.key_id = address.nonce, address.sealed, address.key_id
    Payout.objects.bulk_update(rows, ["state", "batch", "nonce", "sealed", "key_id"], batch_size=500)
    batch.payouts_count, batch.total_minor = len(rows), sum(row.amount_minor for row in rows)
    batch.save(update_fields=["payouts_count", "total_minor"])
    audit.record("payout_batch.built", batch, actor=actor, payouts=len(rows), total_minor=batch.total_minor)
    return batch


def _lock(batch_id: UUID) -> PayoutBatch:
    return PayoutBatch.objects.select_for_update().get(pk=batch_id)


@transaction.atomic
def discard_batch(*, batch_id: UUID, actor: UUID) -> PayoutBatch:
    """Nothing was sent: its payouts wait for the next batch. Twice is harmless."""
    batch = _lock(batch_id)
    if batch.state == State.DISCARDED:
        return batch
    if batch.state != State.OPEN:
        raise Conflict(_("This batch was sent; it cannot be discarded."), code="sent")
    batch.payouts.update(state=Payout.State.REQUESTED, batch=None, nonce=None, sealed=None)
    batch.state, batch.closed_at = State.DISCARDED, timezone.now()
    batch.save(update_fields=["state", "closed_at"])
    audit.record("payout_batch.discarded", batch, actor=actor)
    return batch


@contextmanager
def _only_sender(batch_id: UUID) -> Iterator[None]:
    """One process talks to the provider about a batch at a time.

    Without it one try could be refused while another, just now, is taken.
    """
    with turn(_turn_of(batch_id)) as mine:
        if not mine:
            raise _being_sent()
        yield


def _turn_of(batch_id: UUID) -> str:
    return f"payout batch {batch_id}"


def _being_sent() -> Conflict:
    return Conflict(_("This batch is being sent at this moment."), code="being_sent")


def send_batch(*, batch_id: UUID, actor: UUID | None) -> PayoutBatch:
    """Hand a batch to its provider; one that was sent stays as it is.

    Never inside a transaction: what leaves cannot be rolled back.
    """
    with _only_sender(batch_id):
        with transaction.atomic(durable=True):
            batch = _lock(batch_id)
            if batch.state == State.DISCARDED:
                raise Conflict(_("This batch was discarded."), code="discarded")
            if batch.state != State.OPEN:
                return batch
            _begin(batch)
            audit.record("payout_batch.sent", batch, actor=actor, total_minor=batch.total_minor)
        return _submit(batch, first=True)


def _begin(batch: PayoutBatch) -> None:
    now = timezone.now()
    batch.payouts.filter(state=Payout.State.BATCHED).update(state=Payout.State.SENT, sent_at=now)
    batch.state, batch.tried_at, batch.problem = State.SENDING, now, ""
    batch.save(update_fields=["state", "tried_at", "problem"])


def orders_of(batch: PayoutBatch) -> list[PayoutOrder]:
    """The lines for the provider, the same ones whenever it is asked."""
    return [
        PayoutOrder(
            row.pk.hex,
            to_major(row.amount_minor, row.currency),
            row.currency,
            sealing.unseal(row),
        )
        for row in batch.payouts.order_by("id")
    ]


def orders_to_show(*, batch: PayoutBatch, actor: UUID) -> list[PayoutOrder]:
    """For a person to read: who has seen the bank details is on record."""
    audit.record("payout_batch.exported", batch, actor=actor)
    return orders_of(batch)


def _submit(batch: PayoutBatch, *, first: bool) -> PayoutBatch:
    """`first`: no earlier try may have been taken, so that a refusal is definite."""
    provider = provider_named(batch.provider)
    order = BatchOrder(batch.key, batch.currency, batch.created_at, orders_of(batch))
    try:
        reference = provider.submit(order)
    except ProviderRefused as refused:
        return (_record_refusal if first else _record_doubt)(batch.pk, str(refused))
    except ProviderUncertain as uncertain:
        return _record_doubt(batch.pk, str(uncertain))
    return _record_sent(batch.pk, reference)


@transaction.atomic
def _record_sent(batch_id: UUID, reference: str) -> PayoutBatch:
    batch = _lock(batch_id)
    if batch.state == State.SENDING:
        batch.payouts.filter(state=Payout.State.UNKNOWN).update(state=Payout.State.SENT)
        batch.state, batch.reference, batch.problem = State.SENT, reference[:120], ""
        batch.save(update_fields=["state", "reference", "problem"])
    return batch


@transaction.atomic
def _record_refusal(batch_id: UUID, why: str) -> PayoutBatch:
    """A definite no to a batch that nothing was heard of before: it can be sent again, or discarded."""
    batch = _lock(batch_id)
    if batch.state == State.SENDING:
        waiting = batch.payouts.filter(state__in=[Payout.State.SENT, Payout.State.UNKNOWN])
        waiting.update(state=Payout.State.BATCHED, sent_at=None)
        batch.state, batch.problem = State.OPEN, why[:300]
        batch.save(update_fields=["state", "problem"])
    return batch


@transaction.atomic
def _record_doubt(batch_id: UUID, why: str) -> PayoutBatch:
    batch = _lock(batch_id)
    if batch.state == State.SENDING:
        batch.payouts.filter(state=Payout.State.SENT).update(state=Payout.State.UNKNOWN)
        batch.problem = why[:300]
        batch.save(update_fields=["problem"])
    return batch


def reconcile_batch(*, batch_id: UUID) -> PayoutBatch:
    """Ask the provider what became of a batch, and book it; send it again if it says it never had it."""
    with _only_sender(batch_id):
        batch = PayoutBatch.objects.get(pk=batch_id)
        if batch.state in {State.OPEN, State.DISCARDED}:
            return batch
        provider = provider_named(batch.provider)
        try:
            status = provider.status(batch.key)
        except ProviderUncertain as uncertain:
            return _record_doubt(batch_id, str(uncertain))
        if not status.known and batch.state == State.SENDING:
            return _submit(batch, first=False)
        if batch.state == State.SENDING:
            _record_sent(batch_id, batch.reference or batch.key)
        _apply(batch, status)
    batch.refresh_from_db()
    return batch


def _apply(batch: PayoutBatch, status: BatchStatus) -> None:
    # The provider's word counts for what it was given, and for nothing else: it may name lines as it likes.
    mine = {pk.hex: pk for pk in batch.payouts.values_list("pk", flat=True)}
    for key, line in status.lines.items():
        if key in mine:
            payouts.apply_status(payout_id=mine[key], status=line)
    _close_if_done(batch.pk)


@transaction.atomic
def _close_if_done(batch_id: UUID) -> None:
    """A batch is done when each of its payouts has ended."""
    batch = _lock(batch_id)
    if batch.state == State.SENT and not batch.payouts.exclude(state__in=payouts.ENDED).exists():
        batch.state, batch.closed_at = State.DONE, timezone.now()
        batch.save(update_fields=["state", "closed_at"])


@transaction.atomic
def mark_line(*, payout: Payout, outcome: str, reason: str, actor: UUID) -> None:
    """A person's word on one payout, taken from the bank's statement: paid, failed or returned."""
    if payout.batch_id is not None:
        _never_send_again(payout.batch_id)
    if outcome == "paid":
        payouts.mark_paid(payout_id=payout.pk, actor=actor, reference=reason)
    elif outcome == "failed":
        payouts.mark_failed(payout_id=payout.pk, reason=reason, actor=actor)
    else:
        payouts.mark_returned(payout_id=payout.pk, reason=reason, actor=actor)
    if payout.batch_id is not None:
        _close_if_done(payout.batch_id)


def _never_send_again(batch_id: UUID) -> None:
    """A batch in doubt is a person's from the first word on: sent again by a machine, it would carry money
    that is back in a wallet by now."""
    if not turn_until_commit(_turn_of(batch_id)):
        raise _being_sent()
    batch = _lock(batch_id)
    if batch.state == State.SENDING:
        batch.state = State.SENT
        batch.save(update_fields=["state"])


def reconcile_all() -> int:
    """The sweep: batches whose sender was killed or got no answer, and those whose provider still reports."""
    now = timezone.now()
    lost = Q(state=State.SENDING, tried_at__lt=now - STALE)
    ended = Q(state=State.DONE, closed_at__gt=now - _MAY_COME_BACK)
    rows = PayoutBatch.objects.filter(lost | Q(state=State.SENT) | ended)
    return sum(_reconcile_due(row) for row in rows)


def _reconcile_due(batch: PayoutBatch) -> bool:
    """Whether the provider was asked. One that is gone or broken does not hold up the others."""
    try:
        if batch.state != State.SENDING and not provider_named(batch.provider).reports:
            return False
        reconcile_batch(batch_id=batch.pk)
    except DomainError as refused:
        logger.warning("payout batch %s: %s", batch.pk, refused)
    except Exception:
        logger.exception("payout batch %s: its provider failed", batch.pk)
    return True
