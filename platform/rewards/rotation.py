"""Bank details follow when VAULT_KEY changes; see `privacy.services.rotation`."""

from collections import Counter
from collections.abc import Iterator
from typing import Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from privacy import keyring
from rewards import sealing
from rewards.models import Payout, PayoutAddress

BATCH = 500
Row = TypeVar("Row", PayoutAddress, Payout)


class Addresses(Generic[Row]):
    def __init__(self, name: str, model: type[Row]) -> None:
        self.name = name
        self._model: type[Row] = model

    def waiting(self) -> Counter[str]:
        rows = self._model._default_manager.filter(sealed__isnull=False).values_list("key_id")
        return Counter(dict(rows.annotate(rows=Count("pk")).order_by()))

    def rewrap(self, old: list[str]) -> Iterator[int]:
        after = UUID(int=0)
        while True:
            with transaction.atomic():
                found = self._model._default_manager.select_for_update().filter(
                    pk__gt=after, sealed__isnull=False, key_id__in=["", *old]
                )
                batch = list(found.order_by("pk")[:BATCH])
                done = [row for row in batch if _seal_again(row)]
                self._model._default_manager.bulk_update(done, ["nonce", "sealed", "key_id"])
            if not batch:
                return
            after = batch[-1].pk
            yield len(done)


def _seal_again(row: PayoutAddress | Payout) -> bool:
    try:
        address = sealing.unseal(row)
    except keyring.UnknownKey:  # stays, and is counted as waiting
        return False
    if address:
        sealing.seal(address, row)
    return address is not None
