"""A new VAULT_KEY: everything that lies under an older one is wrapped anew, a batch at a time.

Each batch is one transaction, so a rotation that is killed goes on where it was, and one beside it does no
harm. Rows that an import holds are waited for. Texts are not touched: only the keys that they are sealed with
are, and of those only the outer ones.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from privacy import keyring, sealing
from privacy.models import SiteKey, SubjectKey, VaultEntry
from privacy.services import resealing, vault

BATCH = 500


class Rewrapper(Protocol):
    """One kind of rows that are sealed under VAULT_KEY or a key made from it."""

    name: str

    def waiting(self) -> Counter[str]:
        """How many rows lie under which key (its id), the present one included."""
        ...

    def rewrap(self, old: list[str]) -> Iterator[int]:
        """Wrap the rows of the keys `old` anew; says after each committed batch how many it had."""
        ...


class SubjectKeys:
    name = "subject_keys"

    def waiting(self) -> Counter[str]:
        rows = SubjectKey.objects.values_list("key_id").annotate(rows=Count("pk"))
        return Counter(dict(rows.order_by()))

    def rewrap(self, old: list[str]) -> Iterator[int]:
        after = UUID(int=0)
        while True:
            with transaction.atomic():
                found = SubjectKey.objects.select_for_update().filter(pk__gt=after, key_id__in=old)
                batch = list(found.order_by("pk")[:BATCH])
                for row in batch:
                    bound = keyring.subject_bound(row.subject)
                    row.wrapped = sealing.wrap(
                        keyring.current(), keyring.unwrap(row.wrapped, row.key_id, bound), bound
                    )
                    row.key_id = keyring.current_id()
                SubjectKey.objects.bulk_update(batch, ["wrapped", "key_id"])
            if not batch:
                return
            after = batch[-1].subject
            yield len(batch)


class SiteKeys:
    name = "site_keys"

    def waiting(self) -> Counter[str]:
        return Counter(SiteKey.objects.values_list("key_id", flat=True))

    def rewrap(self, old: list[str]) -> Iterator[int]:
        for project in VaultEntry.objects.values_list("project", flat=True).distinct():
            with suppress(keyring.UnknownKey):  # one that stays as it is, and is counted as waiting
                vault.secret_for(project)  # makes it, before the key that it is made from is gone
        with transaction.atomic():
            rows = list(SiteKey.objects.select_for_update().filter(key_id__in=old).order_by("pk"))
            for row in rows:
                bound = keyring.site_bound(row.name)
                row.wrapped = sealing.wrap(
                    keyring.current(), keyring.unwrap(row.wrapped, row.key_id, bound), bound
                )
                row.key_id = keyring.current_id()
            SiteKey.objects.bulk_update(rows, ["wrapped", "key_id"])
        yield len(rows)


class EntriesWithoutSubject:
    """From before there were keys of subjects: each gets its item as its subject."""

    name = "entries_without_subject"

    def waiting(self) -> Counter[str]:
        rows = VaultEntry.objects.filter(subject=None).values_list("key_id").annotate(rows=Count("pk"))
        return Counter(dict(rows.order_by()))

    def rewrap(self, old: list[str]) -> Iterator[int]:
        after = UUID(int=0)
        wanted = [*old, keyring.current_id()]
        while True:
            found = VaultEntry.objects.filter(subject=None, pk__gt=after, key_id__in=wanted)
            batch = list(found.order_by("pk")[:BATCH])
            if not batch:
                return
            yield sum(_adopt(entry.pk, entry.item, entry.project) for entry in batch)
            after = batch[-1].pk


@transaction.atomic
def _adopt(pk: UUID, item: UUID, project: UUID) -> int:
    subject = resealing.hold_subject_of(project, item)
    entry = VaultEntry.objects.select_for_update().filter(pk=pk, subject=None).first()
    if entry is None:  # somebody else did, or it was erased
        return 0
    resealing.reseal(entry, subject, vault.open_entry(entry))
    return 1


_rewrappers: dict[str, Rewrapper] = {}


def register(rewrapper: Rewrapper) -> None:
    """From `AppConfig.ready`: what an app seals under VAULT_KEY follows when that one changes."""
    _rewrappers[rewrapper.name] = rewrapper


for _own in (SiteKeys(), SubjectKeys(), EntriesWithoutSubject()):
    register(_own)


def rotate(*, report: Callable[[str, int], None] = lambda name, rows: None) -> dict[str, int]:
    """Wrap everything anew that a known older key opens. Returns how many rows of each kind that were.

    `report` hears of each batch. Rows of a key that nobody gave us are left alone: see `waiting`.
    """
    old = [key_id for key_id in keyring.known() if key_id != keyring.current_id()]
    done: Counter[str] = Counter()
    for rewrapper in _rewrappers.values():
        for rows in rewrapper.rewrap(old):
            done[rewrapper.name] += rows
            report(rewrapper.name, done[rewrapper.name])
    return dict(+done)


def waiting() -> dict[str, Counter[str]]:
    """What still lies under another key than the present one: kind of row -> key id -> rows."""
    left = {}
    for name, rewrapper in _rewrappers.items():
        counts = rewrapper.waiting()
        if not isinstance(rewrapper, EntriesWithoutSubject):
            counts.pop(keyring.current_id(), None)
        if counts:
            left[name] = counts
    return left
