"""Storing whose items are whose, with their originals, while keys are rotated and subjects erased beside it.

Locks are always taken in this order: subjects by id, then keys by subject. A batch of an import holds those
of its subjects until it commits, so an erasure comes before it (and the batch makes a new key) or after it
(and takes its entries along).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from common.copying import copy_rows
from common.errors import Conflict
from common.ids import uuid7
from privacy import keyring, sealing
from privacy.keeping import Keeper, Kept
from privacy.models import DataSubject, VaultEntry

# Whatever unnest() takes; the stubs of a cursor know no lists.
Values = Any
_ADD_SUBJECTS = """
INSERT INTO privacy_datasubject (id, project, kind, ref_digest, created_at)
SELECT *, now() FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[])
ON CONFLICT DO NOTHING RETURNING id
"""
_HOLD_SUBJECTS = "SELECT id FROM privacy_datasubject WHERE id = ANY(%s::uuid[]) ORDER BY id FOR SHARE"
_ADD_KEYS = """
INSERT INTO privacy_subjectkey (subject, serial, wrapped, key_id, created_at)
SELECT subject, serial, decode(wrapped, 'hex'), %s, now()
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) new (subject, serial, wrapped)
ON CONFLICT DO NOTHING RETURNING subject
"""
_HOLD_KEYS = """
SELECT subject, wrapped, key_id FROM privacy_subjectkey WHERE subject = ANY(%s::uuid[])
ORDER BY subject FOR SHARE
"""


def keeper_for(project: UUID, *, keep_originals: bool = True) -> Keeper:
    """What prepares the items of a project; without VAULT_KEY their originals are not kept."""
    return Keeper(project, keyring.index_key(), keep_originals and keyring.is_set())


def store_kept(*, project: UUID, kept: Sequence[Kept]) -> set[UUID]:
    """In the caller's transaction. The rows of the items themselves may come before or after. Returns those
    of the items whose person has the use of their data restricted."""
    hold_subjects(project, {row.subject: row for row in kept})
    sealed = [row for row in kept if row.sealed]
    keys = hold_keys({UUID(row.subject) for row in sealed})
    copy_rows("privacy_subjectitem (item, subject)", (f"{row.item}\t{row.subject}" for row in kept))
    copy_rows(
        "privacy_vaultentry (id, project, item, subject, nonce, sealed, wrapped_key, key_id, created_at)",
        (_entry(project, row, keys[UUID(row.subject)]) for row in sealed),
    )
    copy_rows(
        "privacy_blindvalue (digest, item)",
        (f"{value}\t{row.item}" for row in sealed for value in row.values),
    )
    return _restrict({UUID(row.item): UUID(row.subject) for row in kept})


def _restrict(subjects: Mapping[UUID, UUID]) -> set[UUID]:
    """Their originals are not to be looked at; the items are for the caller."""
    asked = DataSubject.objects.filter(pk__in=set(subjects.values()), restricted=True)
    held = set(asked.values_list("pk", flat=True))
    found = {item for item, subject in subjects.items() if subject in held}
    VaultEntry.objects.filter(item__in=found).update(restricted=True)
    return found


def _entry(project: UUID, row: Kept, subject_key: bytes) -> str:
    bound = sealing.bound_to(UUID(row.item), UUID(row.subject))
    wrapped = sealing.wrap(subject_key, bytes.fromhex(row.key), bound).hex()
    # "now" is the time of the transaction that stores it.
    return "\t".join(
        (str(uuid7()), str(project), row.item, row.subject, f"\\\\x{row.nonce}", f"\\\\x{row.sealed}",
         f"\\\\x{wrapped}", "", "now")
    )  # fmt: skip


def hold_subjects(project: UUID, subjects: dict[str, Kept]) -> None:
    """Make those that are new, and keep an erasure from taking the others away until the commit."""
    missing = sorted(subjects)
    while missing:
        rows = [subjects[subject] for subject in missing]
        made = _column(
            _ADD_SUBJECTS,
            [missing, [project] * len(rows), [row.kind for row in rows],
             [row.ref_digest or None for row in rows]],
        )  # fmt: skip
        others = sorted(set(missing) - {str(subject) for subject in made})
        held = {str(subject) for subject in _column(_HOLD_SUBJECTS, [others])} if others else set()
        # One that was erased while we waited for it is made anew.
        missing = sorted(set(others) - held)


def hold_known(subjects: Iterable[UUID]) -> set[UUID]:
    """Those who are there still; until the commit nobody erases or restricts them."""
    wanted = sorted(set(subjects))
    return set(_column(_HOLD_SUBJECTS, [wanted])) if wanted else set()


def refuse_gone(subjects: Iterable[UUID | None]) -> None:
    """In the caller's transaction, before it stores something of people whom it held a while ago: until the
    commit none of them is erased or restricted. Raises Conflict, with the code `subject_erased` or
    `restricted`, where that has happened to one of them since."""
    wanted = {subject for subject in subjects if subject is not None}
    if hold_known(wanted) < wanted:
        raise Conflict(_("The data of one of these people was erased just now."), code="subject_erased")
    if DataSubject.objects.filter(pk__in=wanted, restricted=True).exists():
        detail = _("The use of the data of one of these people is restricted; a person has to read it.")
        raise Conflict(detail, code="restricted")


def hold_keys(subjects: Iterable[UUID]) -> dict[UUID, bytes]:
    """The key of each subject, made where it has none, and held until the commit."""
    keys: dict[UUID, bytes] = {}
    missing = sorted(subjects)
    while missing:
        new = {subject: sealing.new_key() for subject in missing}
        keys |= {subject: new[subject] for subject in _add_keys(new)}
        others = [subject for subject in missing if subject not in keys]
        if others:
            for subject, wrapped, key_id in _rows(_HOLD_KEYS, [others]):
                keys[subject] = keyring.unwrap(wrapped, key_id, keyring.subject_bound(subject))
        missing = [subject for subject in others if subject not in keys]
    return keys


def _add_keys(new: dict[UUID, bytes]) -> list[UUID]:
    outer = keyring.current()
    wrapped = [sealing.wrap(outer, key, keyring.subject_bound(subject)).hex() for subject, key in new.items()]
    return _column(_ADD_KEYS, [keyring.current_id(), list(new), [uuid7() for _ in new], wrapped])


def _column(sql: str, values: Values) -> list[UUID]:
    return [row[0] for row in _rows(sql, values)]


def _rows(sql: str, values: Values) -> list[tuple[UUID, bytes, str]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
