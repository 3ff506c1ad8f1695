"""People who occur in dialogues: found by what they know about themselves, and made unreadable for good."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from common import audit
from common.errors import Invalid
from common.ids import uuid7
from common.queueing import enqueue_soon
from privacy import blind, keyring, sealing
from privacy.models import BlindValue, DataSubject, DestroyedKey, SubjectItem, SubjectKey, VaultEntry
from privacy.services.text_search import search_items
from privacy.tasks import back_up_keys

__all__ = ["Match", "destroy_keys", "find_subjects", "items_of", "search_items", "subjects_of"]
MOST_ITEMS = 10_000
_KINDS = (blind.SUBJECT, blind.GROUP)


@dataclass(frozen=True)
class Match:
    """A subject for whom something that was asked for is known.

    items: where the values occur, or all of the subject's when its id was asked for. matched: which of the
    values asked for, by their place. by_reference: one of them is the subject's id in somebody's books.
    """

    subject: DataSubject
    items: frozenset[UUID]
    matched: frozenset[int]
    by_reference: bool = False


def find_subjects(*, values: Sequence[str]) -> list[Match]:
    """Who is known by any of `values` (e-mail, phone, name, number, id), those by most of them first.

    Nothing is opened: the digests of the values are compared. Somebody else may come out as well, when the
    person occurs in that one's dialogue: `items` says which. Raises Invalid for values that too many share.
    """
    key = keyring.index_key()
    places = _places(key, values)
    subject_of = dict(SubjectItem.objects.filter(item__in=places).values_list("item", "subject"))
    items: dict[UUID, set[UUID]] = defaultdict(set)
    matched: dict[UUID, set[int]] = defaultdict(set)
    for item, which in places.items():
        if item in subject_of:
            items[subject_of[item]].add(item)
            matched[subject_of[item]] |= which
    named = _by_reference(key, values)
    for subject, which in named.items():
        items[subject] |= items_of(subject)
        matched[subject] |= which
    found = DataSubject.objects.in_bulk(list(matched))
    matches = [
        Match(found[id_], frozenset(items[id_]), frozenset(which), id_ in named)
        for id_, which in matched.items()
        if id_ in found
    ]
    return sorted(matches, key=lambda match: (not match.by_reference, -len(match.matched), match.subject.id))


def _places(key: bytes, values: Sequence[str]) -> dict[UUID, set[int]]:
    """Items in which values occur -> which of them."""
    asked: dict[UUID, set[int]] = defaultdict(set)
    for number, value in enumerate(values):
        for digest in blind.digests_asked(key, value):
            asked[digest].add(number)
    rows = BlindValue.objects.filter(digest__in=asked).values_list("digest", "item")[: MOST_ITEMS + 1]
    places: dict[UUID, set[int]] = defaultdict(set)
    for digest, item in rows:
        places[item] |= asked[digest]
    if len(rows) > MOST_ITEMS:
        raise Invalid(_("Too many dialogues share what you look for. Say something more particular."))
    return places


def _by_reference(key: bytes, values: Sequence[str]) -> dict[UUID, set[int]]:
    digests = {
        blind.reference(key, kind, value.strip()): number
        for number, value in enumerate(values)
        for kind in _KINDS
        if value.strip()
    }
    found: dict[UUID, set[int]] = defaultdict(set)
    for row in DataSubject.objects.filter(ref_digest__in=digests).only("id", "ref_digest"):
        found[row.pk] |= {number for digest, number in digests.items() if digest == row.ref_digest}
    return found


def items_of(subject: DataSubject | UUID) -> set[UUID]:
    """Every item whose subject this is."""
    wanted = subject.pk if isinstance(subject, DataSubject) else subject
    return set(SubjectItem.objects.filter(subject=wanted).values_list("item", flat=True))


def subjects_of(items: Collection[UUID]) -> set[UUID]:
    return set(SubjectItem.objects.filter(item__in=items).values_list("subject", flat=True))


@transaction.atomic
def destroy_keys(
    *, items: Iterable[UUID] = (), subjects: Iterable[UUID] = (), actor: UUID | None = None
) -> dict[str, int]:
    """Make the originals of `items`, and of all items of `subjects`, unreadable wherever copies of them lie.

    A subject that keeps other items gets a new key for those, so that an old backup's entries do not open
    with it either. Repeating it, or doing it twice at once, changes nothing more.
    """
    wanted, whole = set(items), set(subjects)
    ids = whole | subjects_of(wanted)
    list(DataSubject.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    keys = list(SubjectKey.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    # Only now, when nobody can add to them any more.
    of_subject: dict[UUID, set[UUID]] = defaultdict(set)
    for item, subject in SubjectItem.objects.filter(subject__in=ids).values_list("item", "subject"):
        of_subject[subject].add(item)
    wanted |= {item for subject in whole for item in of_subject[subject]}
    partly = {subject for subject in ids - whole if of_subject[subject] - wanted}
    counts = _delete(wanted, ids - partly)
    counts["keys_destroyed"] = len(keys)
    if keys and settings.VAULT_KEYS_BACKUP:
        enqueue_soon(back_up_keys)  # so that no backup of keys has them either
    _bury(keys)
    for row in keys:
        if row.subject in partly:
            _renew(row)
            audit.record("vault.key_renewed", row, actor=actor)
        else:
            audit.record("vault.key_destroyed", row, actor=actor)
    return {name: count for name, count in counts.items() if count}


def _delete(items: set[UUID], subjects: set[UUID]) -> dict[str, int]:
    counts = {
        "vault_entries": VaultEntry.objects.filter(item__in=items).delete()[0],
        "blind_values": BlindValue.objects.filter(item__in=items).delete()[0],
        "subject_links": SubjectItem.objects.filter(item__in=items).delete()[0],
        "subjects": DataSubject.objects.filter(pk__in=subjects).delete()[0],
    }
    SubjectKey.objects.filter(pk__in=subjects).delete()
    return counts


def _bury(keys: Iterable[SubjectKey]) -> None:
    DestroyedKey.objects.bulk_create([DestroyedKey(serial=row.serial) for row in keys], ignore_conflicts=True)


def _renew(row: SubjectKey) -> None:
    """Another key for the subject: the keys of its items are wrapped anew, their texts stay as they are."""
    old, new = keyring.unwrap(row.wrapped, row.key_id, keyring.subject_bound(row.subject)), sealing.new_key()
    entries = list(VaultEntry.objects.filter(item__in=items_of(row.subject), subject=row.subject))
    for entry in entries:
        bound = sealing.bound_to(entry.item, row.subject)
        entry.wrapped_key = sealing.wrap(new, sealing.unwrap(old, entry.wrapped_key, bound), bound)
    VaultEntry.objects.bulk_update(entries, ["wrapped_key"], batch_size=500)
    row.serial, row.key_id = uuid7(), keyring.current_id()
    row.wrapped = sealing.wrap(keyring.current(), new, keyring.subject_bound(row.subject))
    row.save()
