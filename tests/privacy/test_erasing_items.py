"""Somebody who occurs in dialogues has them taken back: nothing of the texts is left, the work is paid."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage

from annotations import consensus
from annotations.exporting.rows import Export
from annotations.models import Answer, Consensus, ModelJudgment, Review, Suggestion
from privacy.holders import Subject
from tasks_app.importing import job as importing
from tasks_app.models import ErasedText, Flag, ImportJob, Item, Project, Qualification, QualificationItem
from tasks_app.services.claiming import claim_items
from tasks_app.services.imports import start_import
from tests.annotations.crowd import answer, balance, wallet
from tests.factories import CHOICE, TEXT, client_of, lease, make_items, make_project, make_user
from tests.privacy.subjects import assert_books_add_up, erase, residue, restrict, rows_that_say

pytestmark = pytest.mark.django_db
SECRET = "the blue parrot of Vantaa"


@pytest.fixture
def project() -> Project:
    return make_project(fields=[CHOICE, TEXT], overlap_min=3)


@pytest.fixture
def items(project: Project) -> list[Item]:
    texts = [{"text": f"It was {SECRET}, {n}"} for n in range(3)]
    made = make_items(project, 3, payloads=texts, meta={"about": SECRET}, group=f"g {SECRET}")
    Item.objects.filter(pk=made[0].pk).update(external_id=f"id {SECRET}")
    return made


def subject_of(items: list[Item]) -> Subject:
    return Subject(items=frozenset(item.pk for item in items), values=(SECRET,))


def test_nothing_is_left_of_an_erased_dialogue(project: Project, items: list[Item]) -> None:
    people = [make_user() for _ in range(3)]
    for person in people:
        answer(items[0], person, {"intent": "refund", "reply": f"I too saw {SECRET}"})
    consensus.aggregate_item(items[0].pk)
    answer(items[1], people[0], {"intent": "refund", "reply": SECRET})
    row = Consensus.objects.get(item=items[0], field="intent")
    Review.objects.create(
        consensus=row,
        reviewer=make_user(),
        action="correct",
        before=SECRET,
        after=SECRET,
        reason=f"because of {SECRET}",
        passage="p",
    )
    Suggestion.objects.create(item=items[1], field="reply", value=SECRET, confidence=1, source="m")
    ModelJudgment.objects.create(
        project=project, item=items[1], field="reply", version="v", fold=0, posterior={SECRET: 1.0}
    )
    Flag.objects.create(item=items[1], worker=people[0], kind="unclear", comment=SECRET)
    errors = [{"line": 1, "detail": f"The id “id {SECRET}” is taken."}]
    ImportJob.objects.create(
        project=project, created_by=project.owner, path="x", format="jsonl", errors=errors, error_count=1
    )

    erase(subject_of(items))

    assert residue(subject_of(items)) == {}
    assert rows_that_say(SECRET) == []
    assert Answer.objects.count() == 4
    assert {wallet(person) for person in people} == {10, 20}
    assert not Answer.objects.filter(state="pending").exists()
    assert_books_add_up()
    assert balance(project) == (100_000 - 40, 0, 40)
    assert erase(subject_of(items)) == {name: {} for name in erase(subject_of(items))}


def test_whoever_holds_it_is_paid_a_share_and_cannot_hand_in(project: Project, items: list[Item]) -> None:
    person = make_user()
    held = lease(items[0], person)
    erase(subject_of(items))
    refused = client_of(person).post(
        f"/api/v1/assignments/{held.pk}/submit", {"answer": {"intent": "refund"}}, format="json"
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "withdrawn")
    assert wallet(person) == 5
    assert_books_add_up()


def test_what_ran_out_cannot_be_answered_late(project: Project, items: list[Item]) -> None:
    person = make_user()
    held = lease(items[0], person, seconds=-60)
    erase(subject_of(items))
    refused = client_of(person).post(
        f"/api/v1/assignments/{held.pk}/submit",
        {"answer": {"intent": "refund", "reply": SECRET}, "late": True},
        format="json",
    )
    assert refused.status_code == 409
    assert not Answer.objects.exists()


def test_a_test_question_made_of_it_goes_too(project: Project, items: list[Item]) -> None:
    exam = Qualification.objects.create(owner=project.owner, title="Exam")
    QualificationItem.objects.create(
        qualification=exam, number=1, payload={"text": SECRET}, answer={"intent": SECRET}, explanation=SECRET,
        source=items[0],
    )  # fmt: skip
    erase(subject_of(items))
    assert rows_that_say(SECRET) == []
    assert QualificationItem.objects.get().retired_at is not None


def import_lines(project: Project, *texts: str, **options: Any) -> ImportJob:
    lines = "\n".join(json.dumps({"text": text}) for text in texts)
    job = start_import(
        project=project, actor=project.owner, chunks=[lines.encode()], format="jsonl", options=options
    )
    importing.run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("options", [{}, {"keep_duplicates": True}])
def test_an_erased_text_does_not_come_back_by_the_next_file(
    project: Project, options: dict[str, Any]
) -> None:
    project.privacy_policy = "keep"
    project.save()
    import_lines(project, "One parrot", "Two parrots", **options)
    item = Item.objects.get(payload={"text": "One parrot"})
    erase(Subject(items=frozenset([item.pk])))
    job = import_lines(project, "One parrot", "Three parrots", **options)
    assert (job.imported, job.skipped["erased"]) == (1, 1)
    assert not Item.objects.filter(payload={"text": "One parrot"}).exists()
    assert "One" not in repr(list(ErasedText.objects.values_list("digest", flat=True)))
    page = client_of(project.owner).get(f"/api/v1/import-jobs/{job.pk}")
    assert page.status_code in (200, 404)


def test_restricted_items_are_neither_shown_nor_exported_until_it_is_lifted(
    project: Project, items: list[Item]
) -> None:
    person = make_user()
    held = lease(items[0], person)
    for other in (make_user(), make_user()):
        answer(items[1], other, "refund")
    restrict(subject_of(items), restricted=True)
    held.refresh_from_db()
    assert held.state == "withdrawn" and wallet(person) == 5
    assert claim_items(project=project, worker=make_user(), count=5) == []
    assert list(Export(project, "all").rows()) == []
    assert restrict(subject_of(items), restricted=True)["tasks_app"] == {}
    restrict(subject_of(items), restricted=False)
    assert len(claim_items(project=project, worker=make_user(), count=5)) == 3
    assert len(list(Export(project, "all").rows())) == 1
    assert_books_add_up()


def test_a_file_that_still_waits_is_named(project: Project, items: list[Item]) -> None:
    path = default_storage.save("imports/waiting.jsonl", BytesIO(SECRET.encode()))
    ImportJob.objects.create(project=project, created_by=project.owner, path=path, format="jsonl")
    erase(subject_of(items))
    assert residue(subject_of(items)) == {"tasks_app": {"import_files": 1}}
    default_storage.delete(path)
    assert residue(subject_of(items)) == {}
