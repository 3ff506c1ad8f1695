"""A text is known again by a keyed digest; what was stored plain is keyed, and known as it was."""

import hashlib
import hmac
import importlib
import json
from typing import Any

import pytest

from privacy.holders import Subject
from privacy.models import SiteKey
from tasks_app import known_contents
from tasks_app.content_digests import HEAD, keyed, keyed_stored
from tasks_app.fields.payload import content_hash
from tasks_app.importing import job as importing
from tasks_app.models import ErasedText, ImportJob, Item, Project
from tasks_app.services.imports import start_import
from tests.factories import CHOICE, make_items, make_project
from tests.privacy.subjects import erase

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NEWER = "OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg="
SECRET = b"s" * 32


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Any) -> None:
    settings.VAULT_KEY, settings.MEDIA_ROOT = KEY, tmp_path


@pytest.fixture
def project(db: None) -> Project:
    return new_project()


def new_project() -> Project:
    return make_project(fields=[CHOICE], privacy_policy="keep")


def erase_texts(project: Project, *texts: str) -> None:
    found = Item.objects.filter(project=project, payload__text__in=texts)
    erase(Subject(items=frozenset(found.values_list("pk", flat=True))))


def bring(project: Project, *texts: str, **options: Any) -> ImportJob:
    content = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
    job = start_import(
        project=project, actor=project.owner, chunks=iter([content]), format="jsonl", options=options
    )
    importing.run(job.pk)
    job.refresh_from_db()
    return job


def plain(text: str) -> str:
    return content_hash({"text": text})


def store_plain(project: Project) -> None:
    """As it was before: the digest of a kept duplicate is cut, and says where it stood."""
    for item in Item.objects.filter(project=project):
        _head, colon, place = item.content_hash.partition(":")
        digest = plain(item.payload["text"])
        item.content_hash = f"{digest[:HEAD]}:{place}" if colon else digest
        item.save(update_fields=["content_hash"])


def stored(project: Project) -> list[str]:
    return list(
        Item.objects.filter(project=project).order_by("position").values_list("content_hash", flat=True)
    )


def test_a_digest_is_an_hmac_whose_head_depends_on_the_head_alone() -> None:
    one = plain("Where is my parcel?")
    head = hmac.new(SECRET, b"content, head\0" + one[:24].encode(), hashlib.sha256).hexdigest()
    whole = hmac.new(SECRET, b"content\0" + one.encode(), hashlib.sha256).hexdigest()
    assert keyed(SECRET, one) == f"k{head[:23]}{whole[:40]}" and len(keyed(SECRET, one)) == 64
    other = one[:24] + "0" * 40
    assert keyed(SECRET, other)[:HEAD] == keyed(SECRET, one)[:HEAD] and keyed(SECRET, other) != keyed(
        SECRET, one
    )
    assert keyed(b"t" * 32, one)[:HEAD] != keyed(SECRET, one)[:HEAD]
    assert keyed_stored(SECRET, f"{one[:24]}:1f:7") == f"{keyed(SECRET, one)[:24]}:1f:7"


@pytest.mark.parametrize("options", [{}, {"keep_duplicates": True}])
def test_whoever_has_the_database_cannot_try_guesses(project: Project, options: dict[str, Any]) -> None:
    bring(project, "One parrot", "Two parrots", **options)
    found = stored(project)
    assert len(found) == 2
    for text, digest in zip(("One parrot", "Two parrots"), found, strict=True):
        assert plain(text)[:12] not in digest and digest.startswith("k")
    other = new_project()
    bring(other, "One parrot", "Two parrots", **options)
    assert {one[:HEAD] for one in found}.isdisjoint(one[:HEAD] for one in stored(other))


def test_what_was_stored_plain_is_keyed_and_known_as_before(project: Project) -> None:
    bring(project, "One parrot", "Two parrots")
    as_new = stored(project)
    store_plain(project)
    assert stored(project) == [plain("One parrot"), plain("Two parrots")]
    assert known_contents.key_contents(batch=1) == 2
    assert stored(project) == as_new and known_contents.key_contents() == 0
    job = bring(project, "Two parrots", "Three parrots")
    assert (job.imported, job.skipped["duplicate"]) == (1, 1)


def test_kept_duplicates_keep_their_place(project: Project) -> None:
    bring(project, "One parrot", "One parrot", keep_duplicates=True)
    as_new = stored(project)
    store_plain(project)
    assert known_contents.key_contents() == 2
    assert stored(project) == as_new


def test_a_text_that_came_in_again_meanwhile_becomes_a_kept_duplicate(project: Project) -> None:
    bring(project, "One parrot")
    store_plain(project)
    bring(project, "One parrot")
    assert known_contents.key_contents() == 1
    first, second = stored(project)
    assert first[:HEAD] == second[:HEAD] and first[HEAD] == ":" and second[HEAD] != ":"


def test_an_erased_text_stays_out_before_and_after(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three were erased: one before digests were keyed, one whose digest was keyed later, one since."""
    bring(project, "One parrot", "Two parrots")
    store_plain(project)
    erase_texts(project, "One parrot")
    known_contents.key_contents()
    bring(project, "Three parrots")
    erase_texts(project, "Two parrots", "Three parrots")
    assert ErasedText.objects.filter(project=project).count() == 3
    for options in ({}, {"keep_duplicates": True}):
        job = bring(project, "One parrot", "Two parrots", "Three parrots", f"Four {options}", **options)
        assert (job.imported, job.skipped["erased"]) == (1, 3)


def test_it_is_the_same_after_the_key_of_the_vault_has_changed(project: Project, settings: Any) -> None:
    bring(project, "One parrot")
    settings.VAULT_KEY, settings.VAULT_KEYS_OLD = NEWER, [KEY]
    assert bring(project, "One parrot").skipped["duplicate"] == 1


def test_a_project_whose_key_is_lost_keeps_what_it_has(project: Project, settings: Any) -> None:
    bring(project, "One parrot")
    store_plain(project)
    other = new_project()
    settings.VAULT_KEY = NEWER
    [item] = make_items(other, payloads=[{"text": "Two parrots"}])
    Item.objects.filter(pk=item.pk).update(content_hash=plain("Two parrots"))
    assert known_contents.key_contents() == 1
    assert stored(project) == [plain("One parrot")] and stored(other)[0].startswith("k")


def test_nothing_that_is_erased_is_written_over(project: Project) -> None:
    bring(project, "One parrot")
    store_plain(project)
    erase_texts(project, "One parrot")
    assert known_contents.key_contents() == 0 and stored(project)[0].startswith("erased:")


def test_the_migration_asks_an_empty_database_for_no_secret(db: None) -> None:
    importlib.import_module("tasks_app.migrations.0022_keyed_contents").key_contents(None, None)
    assert not SiteKey.objects.exists()
