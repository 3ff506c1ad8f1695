"""Whose dialogue is whose, how a person is found in them, and what destroying a key makes unreadable."""

import threading

import pytest
from django.db import connection, transaction

from common.errors import NotFound
from privacy.models import BlindValue, DataSubject, DestroyedKey, SubjectItem, SubjectKey, VaultEntry
from privacy.services import vault
from privacy.services.subjects import destroy_keys, find_subjects, items_of
from tests.privacy.conftest import REASON, item, load

ANNA = {"id": "a1", "subject": "customer-123", "text": "I am Anna Smith, anna.smith@example.com."}
ANNA_AGAIN = {"id": "a2", "subject": "customer-123", "text": "Ring me at +44 7700 900123 please."}
GROUP = {"id": "g1", "group": "case 7", "text": "My number is 07911 123456."}
ALONE = {"id": "s1", "text": "Write to bob.jones@example.org instead."}
NOBODY = {"id": "n1", "text": "Where is my parcel?"}


@pytest.fixture
def dialogues(project, vault_key):
    load(project, ANNA, ANNA_AGAIN, GROUP, ALONE, NOBODY)
    return project


def opened(external_id):
    row = item(external_id)
    return vault.reveal(item_id=row.pk, actor=row.project.owner_id, reason=REASON)


def test_a_line_says_whose_it_is_else_its_group_does_else_it_is_its_own(dialogues):
    kinds = dict(DataSubject.objects.values_list("id", "kind"))
    assert sorted(kinds.values()) == ["group", "item", "subject"]
    assert kinds[item("s1").pk] == "item"
    [named] = [id_ for id_, kind in kinds.items() if kind == "subject"]
    assert items_of(named) == {item("a1").pk, item("a2").pk}
    assert not SubjectItem.objects.filter(item=item("n1").pk).exists()


def test_the_id_in_somebody_s_books_is_stored_nowhere(dialogues):
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608  (our own tables)
            assert "customer-123" not in str(cursor.fetchall()), table


@pytest.mark.parametrize(
    "value",
    [
        "anna.smith@example.com", " Anna.Smith@Example.com ", "Smith, Anna", "ms anna smith", "customer-123",
        "+447700900123", "07700 900 123",
    ],
)  # fmt: skip
def test_a_person_is_found_by_what_they_know_about_themselves(dialogues, value):
    [match] = find_subjects(values=[value])
    assert items_of(match.subject) == {item("a1").pk, item("a2").pk}
    assert match.by_reference == (value == "customer-123")


def test_who_is_known_by_more_of_what_was_asked_comes_first(dialogues):
    load(dialogues, {"id": "o1", "subject": "other", "text": "Anna Smith told me to write."})
    first, second = find_subjects(values=["Anna Smith", "anna.smith@example.com"])
    assert (first.matched, second.matched) == ({0, 1}, {0})
    assert second.items == {item("o1").pk}
    assert find_subjects(values=["Nobody Known", "", "?"]) == []


def test_a_destroyed_key_takes_only_its_subject_s_originals(dialogues):
    assert opened("a1") and opened("s1")
    [match] = find_subjects(values=["customer-123"])
    counts = destroy_keys(subjects=[match.subject.pk])
    assert (counts["keys_destroyed"], counts["vault_entries"]) == (1, 2)
    for external_id in ("a1", "a2"):
        with pytest.raises(NotFound):
            opened(external_id)
    assert opened("s1") and opened("g1")
    assert find_subjects(values=["anna.smith@example.com"]) == []
    assert destroy_keys(subjects=[match.subject.pk]) == {}


def test_of_a_subject_that_keeps_other_items_the_old_key_opens_nothing_any_more(dialogues):
    before = SubjectKey.objects.get(subject=find_subjects(values=["customer-123"])[0].subject.pk)
    destroy_keys(items=[item("a1").pk])
    after = SubjectKey.objects.get(pk=before.pk)
    assert after.serial != before.serial
    assert DestroyedKey.objects.filter(serial=before.serial).exists()
    assert opened("a2")[0]["value"] == "+44 7700 900123"
    with pytest.raises(NotFound):
        opened("a1")


def test_a_line_of_an_erased_subject_gets_a_key_of_its_own(dialogues):
    destroy_keys(subjects=[find_subjects(values=["customer-123"])[0].subject.pk])
    load(dialogues, {**ANNA, "id": "a3", "text": "Anna Smith here, ann@example.com."})
    assert {row["value"] for row in opened("a3")} == {"Anna Smith", "ann@example.com"}


def test_without_a_vault_key_items_still_belong_to_people_and_nothing_is_kept(project, settings):
    settings.VAULT_KEY = ""
    load(project, ANNA, ALONE)
    [match] = find_subjects(values=["customer-123"])
    assert match.items == {item("a1").pk}
    assert not VaultEntry.objects.exists() and not BlindValue.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_that_erase_at_once_and_an_import_between_them_leave_nothing_that_opens(project, vault_key):
    """Without the locks, an entry that is stored in between is wrapped under a key that is gone."""
    load(project, ANNA, ANNA_AGAIN)
    subject = find_subjects(values=["customer-123"])[0].subject.pk
    began, failures = threading.Barrier(3), []

    def erase():
        began.wait()
        destroy_keys(subjects=[subject])

    def bring_in():
        began.wait()
        load(project, *({**ANNA, "id": f"n{n}", "text": f"I am ann{n}@example.com."} for n in range(50)))

    def guarded(work):
        try:
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (erase, erase, bring_in)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    entries = list(VaultEntry.objects.all())
    assert len(entries) in {0, 50}
    assert all(vault.open_entry(entry) for entry in entries)
    assert SubjectItem.objects.count() == len(entries)


@pytest.mark.django_db(transaction=True)
def test_an_erasure_waits_for_the_batch_that_holds_the_key(project, vault_key):
    load(project, ANNA)
    subject = find_subjects(values=["customer-123"])[0].subject.pk
    done = threading.Event()

    def erase():
        destroy_keys(subjects=[subject])
        done.set()
        connection.close()

    thread = threading.Thread(target=erase)
    with transaction.atomic():
        load(project, ANNA_AGAIN)
        thread.start()
        assert not done.wait(0.5)
    thread.join()
    assert not VaultEntry.objects.exists()
