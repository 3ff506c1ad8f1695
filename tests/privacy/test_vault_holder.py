"""What the vault does when somebody asks for their data, or for its end; and what is found later."""

import pytest
from django.db import transaction

from common.errors import Conflict
from privacy.holders import Subject, Terms, all_holders
from privacy.models import BlindValue, DataSubject, DestroyedKey, Finding, SubjectItem, SubjectKey, VaultEntry
from privacy.services import pruning, vault
from privacy.services.subjects import find_subjects, items_of
from tests.privacy.conftest import REASON, item, load

ANNA = {"id": "a1", "subject": "anna", "text": "Anna Smith here, anna@example.net, ask bob@example.org."}
BOB = {"id": "b1", "subject": "bob", "text": "I am bob@example.org, my sister is anna@example.net."}
NOBODY = {"id": "n1", "text": "It is anna@example.net or carl@example.org."}


@pytest.fixture
def holder():
    return next(one for one in all_holders() if one.name == "privacy_vault")


@pytest.fixture
def dialogues(project, vault_key):
    load(project, ANNA, BOB, NOBODY)
    return project


def anna():
    """As a request has her: found by her address, with what she asked with, and recognised by the desk."""
    herself = {match.subject.pk for match in find_subjects(values=["anna"])}
    items = {found for match in find_subjects(values=["anna@example.net"]) for found in match.items}
    return Subject(items=frozenset(items), values=("anna@example.net",), subjects=frozenset(herself))


def terms(owner):
    return Terms(request=owner.pk, actor=owner.pk)


def values_for(holder, subject):
    [holding] = list(holder.holdings(subject))
    return {(row["item"], row["value"]) for row in holding.rows}


def test_people_see_their_own_values_and_not_those_of_others_in_the_same_dialogue(dialogues, holder):
    a1, b1, n1 = (str(item(name).pk) for name in ("a1", "b1", "n1"))
    # Bob has but this one dialogue, and she occurs in it. The last says of nobody whose it is.
    assert values_for(holder, anna()) == {
        (a1, "Anna Smith"), (a1, "anna@example.net"), (a1, "bob@example.org"),
        (b1, "anna@example.net"), (n1, "anna@example.net"),
    }  # fmt: skip


def test_an_erasure_leaves_no_key_original_or_digest_and_may_be_repeated(dialogues, holder, owner):
    load(dialogues, {"id": "b2", "subject": "bob", "text": "bob@example.org, once more."})
    subject = anna()
    counts = holder.erase(subject, terms(owner))
    assert (counts["vault_entries"], counts["keys_destroyed"]) == (3, 3)
    assert holder.residue(subject) == {}
    assert find_subjects(values=["anna@example.net", "Anna Smith"]) == []
    assert holder.erase(subject, terms(owner)) == {}
    # Bob keeps what is his alone, under a new key.
    [match] = find_subjects(values=["bob@example.org"])
    assert items_of(match.subject) == {item("b2").pk}
    assert vault.reveal(item_id=item("b2").pk, actor=owner.pk, reason=REASON)


def test_while_restricted_nobody_looks(dialogues, holder, owner):
    assert holder.restrict(anna(), restricted=True) == {"vault_entries": 3}
    assert holder.restrict(anna(), restricted=True) == {}
    with pytest.raises(Conflict, match="restricted"):
        vault.reveal(item_id=item("a1").pk, actor=owner.pk, reason=REASON)
    holder.restrict(anna(), restricted=False)
    assert vault.reveal(item_id=item("a1").pk, actor=owner.pk, reason=REASON)


def test_who_looked_is_told_to_whoever_looked(dialogues, holder, owner):
    vault.reveal(item_id=item("a1").pk, actor=owner.pk, reason=REASON)
    _values, accesses = list(holder.holdings(Subject(account=owner.pk)))
    assert [row["reason"] for row in accesses.rows] == [REASON]
    assert holder.erase(Subject(account=owner.pk), terms(owner)) == {}


def add(row, *originals, carry=lambda turn, start, end: (start, end), **options):
    with transaction.atomic():
        vault.add_originals(
            project_id=row.project_id, item_id=row.pk, carry=carry, originals=list(originals), **options
        )


LATER = {"turn": 0, "start": 50, "end": 60, "kind": "PERSON", "value": "Zoe Zimmer"}


def test_what_is_found_later_joins_what_is_sealed_and_moves_it(dialogues, owner):
    row = item("a1")
    before = vault.reveal(item_id=row.pk, actor=owner.pk, reason=REASON)
    add(row, LATER, carry=lambda turn, start, end: (start + 3, end + 3))
    after = vault.reveal(item_id=row.pk, actor=owner.pk, reason=REASON)
    assert after[-1] == LATER
    assert [one["start"] - 3 for one in after[:-1]] == [one["start"] for one in before]
    [match] = find_subjects(values=["Zimmer, Zoe"])
    assert match.items == {row.pk} and match.subject.kind == DataSubject.Kind.SUBJECT


def test_what_is_found_in_an_item_without_originals_gets_an_entry(dialogues, owner, settings):
    load(dialogues, {"id": "p1", "subject": "anna", "text": "Hello."}, {"id": "p2", "text": "Hi there."})
    for name in ("p1", "p2"):
        add(item(name), LATER)
        assert vault.reveal(item_id=item(name).pk, actor=owner.pk, reason=REASON) == [LATER]
    assert (
        SubjectItem.objects.get(item=item("p1").pk).subject
        == SubjectItem.objects.get(item=item("a1").pk).subject
    )
    load(dialogues, {"id": "p3", "text": "Hi again."}, {"id": "p4", "text": "And again."})
    add(item("p3"), LATER, keep=False)
    settings.VAULT_KEY = ""
    assert not VaultEntry.objects.filter(item=item("p3").pk).exists()


def test_no_original_of_the_vault_is_anywhere_in_the_database(dialogues, owner):
    vault.reveal(item_id=item("a1").pk, actor=owner.pk, reason=REASON)
    for model in (VaultEntry, BlindValue, SubjectKey, SubjectItem, DataSubject, Finding):
        rows = str([list(map(_plain, row)) for row in model.objects.values_list()])
        assert "anna@example.net" not in rows and "Smith" not in rows


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_a_key_goes_when_retention_has_taken_all_that_it_opens(dialogues, owner):
    load(dialogues, {"id": "b2", "subject": "bob", "text": "bob@example.org, once more."})
    VaultEntry.objects.filter(item__in=[item("a1").pk, item("b1").pk]).delete()
    assert pruning.destroy_unused_keys() == 1  # Anna's; Bob has another entry
    assert DestroyedKey.objects.count() == 1
    assert vault.reveal(item_id=item("b2").pk, actor=owner.pk, reason=REASON)
    assert pruning.destroy_unused_keys() == 0
    load(dialogues, {"id": "a2", "subject": "anna", "text": "anna@example.net, once more."})
    assert vault.reveal(item_id=item("a2").pk, actor=owner.pk, reason=REASON)
