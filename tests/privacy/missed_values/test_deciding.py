"""Reports of missed personal data: confirmed, it is replaced and learned; rejected, the item returns."""

import json
from typing import Any

import pytest

from common.errors import Conflict, DomainError, Invalid
from privacy.models import Finding, LearnedValue, Rescan, VaultEntry
from privacy.services import vault
from tasks_app.importing import job as importing
from tasks_app.models import Flag, Item, Project
from tasks_app.protecting import reading
from tasks_app.protecting.missed import Place, confirm_missed, reject_missed, report_missed
from tasks_app.services import imports
from tests.annotations.crowd import told
from tests.factories import make_project, make_user
from tests.privacy.missed_values.conftest import NAME, PLACE, START, TEXT_OF, flagged, item_of
from tests.tasks_app.test_claim_concurrency import at_once


def texts() -> list[str]:
    return [item.payload["text"] for item in Item.objects.order_by("position")]


def run_scans() -> None:
    for job in Rescan.objects.filter(state="queued"):
        reading.run(job.pk)


def test_confirmed_it_is_replaced_sealed_and_the_item_asked_again(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    item = item_of(project)
    row = flagged(item, PLACE)
    with django_capture_on_commit_callbacks(execute=True):
        confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    item.refresh_from_db()
    row.refresh_from_db()
    assert item.payload["text"] == "Hello, [PERSON_1] here. Where is my parcel?"
    assert (item.state, item.slots, row.state) == ("open", 3, "confirmed")
    found = Finding.objects.get(item=item.pk)
    assert item.payload["text"][found.start : found.end] == found.replacement == "[PERSON_1]"
    [original] = vault.reveal(item_id=item.pk, actor=project.owner.pk, reason="checking the vault")
    assert (original["value"], original["start"], original["end"]) == (NAME, found.start, found.end)
    assert told(row.flagged_by) == ["flag_confirmed"]
    assert Flag.objects.get().resolved_at is not None


def test_confirming_twice_changes_nothing_and_rejecting_afterwards_is_refused(project: Project) -> None:
    row = flagged(item_of(project), PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    before = texts()
    assert confirm_missed(missed_id=row.pk, kind="EMAIL", actor=project.owner).kind == "PERSON"
    assert texts() == before and VaultEntry.objects.count() == 1
    with pytest.raises(Conflict):
        reject_missed(missed_id=row.pk, reason="No.", actor=project.owner)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_the_first_counts() -> None:
    project = make_project()
    row = flagged(item_of(project), PLACE)
    outcomes: list[str] = []

    def decide(work: Any) -> None:
        try:
            outcomes.append(work().state)
        except DomainError as refused:
            outcomes.append(refused.code)

    at_once(
        [
            lambda: decide(lambda: confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)),
            lambda: decide(lambda: reject_missed(missed_id=row.pk, reason="No.", actor=project.owner)),
        ]
    )
    row.refresh_from_db()
    assert sorted(outcomes) == sorted([row.state, "decided"])
    assert (NAME in texts()[0]) == (row.state == "rejected")


def test_every_copy_in_the_project_is_put_right_and_what_comes_later_as_well(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    item = item_of(project)
    item_of(project, f"ask {NAME.upper()}, or zorvath  quillby.")
    other = item_of(make_project(), TEXT_OF)
    row = flagged(item, PLACE)
    with django_capture_on_commit_callbacks(execute=True):
        confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    run_scans()
    assert texts()[1] == "ask [PERSON_1], or [PERSON_1]."
    other.refresh_from_db()
    assert other.payload["text"] == TEXT_OF
    job = imports.start_import(
        project=project,
        actor=project.owner,
        chunks=[json.dumps({"id": "later", "text": f"i think {NAME.lower()} knows"}).encode()],
        format="jsonl",
    )
    importing.run(job.pk)
    assert Item.objects.get(external_id="later").payload["text"] == "i think [PERSON_1] knows"
    assert Finding.objects.filter(detector="learned").count() == 3


def test_for_the_whole_site_all_projects_but_those_that_keep_their_texts(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    other = item_of(make_project(), TEXT_OF)
    kept = item_of(make_project(privacy_policy="keep"), TEXT_OF)
    row = flagged(item_of(project), PLACE)
    with django_capture_on_commit_callbacks(execute=True):
        confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner, everywhere=True)
    run_scans()
    for one in (other, kept):
        one.refresh_from_db()
    assert NAME not in other.payload["text"] and NAME in kept.payload["text"]


def test_an_ordinary_word_goes_where_it_was_marked_and_nowhere_else(project: Project) -> None:
    item = item_of(project, "it was May who said so in May")
    item_of(project, "in May")
    row = flagged(item, Place(0, 7, 10))
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    run_scans()
    assert texts() == ["it was [PERSON_1] who said so in May", "in May"]
    assert not LearnedValue.objects.exists()


def test_without_a_mark_the_reviewer_types_the_words(project: Project) -> None:
    row = flagged(item_of(project))
    with pytest.raises(Invalid):
        confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    with pytest.raises(Invalid):
        confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner, words="somebody else")
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner, words=NAME.lower())
    assert NAME not in texts()[0]


def test_rejected_with_a_reason_the_item_returns_and_the_flagger_reads_it(project: Project) -> None:
    item = item_of(project)
    row = flagged(item, PLACE)
    with pytest.raises(Invalid):
        reject_missed(missed_id=row.pk, reason=" ", actor=project.owner)
    reject_missed(missed_id=row.pk, reason="The name of a ship.", actor=project.owner)
    row.refresh_from_db()
    assert texts() == [TEXT_OF] and row.reason == "The name of a ship."
    assert told(row.flagged_by) == ["flag_rejected"]


def test_an_item_stays_away_while_another_report_of_it_is_open(project: Project) -> None:
    item = item_of(project, f"{TEXT_OF} Or call Brannoch Vell.")
    first = flagged(item, PLACE)
    place = item.payload["text"].index("Brannoch")
    [second] = report_missed(
        item=item, item_state="withdrawn", places=[Place(0, place, place + 13)], kind="PERSON",
        actor=project.owner, source="check",
    )  # fmt: skip
    confirm_missed(missed_id=first.pk, kind="PERSON", actor=project.owner)
    item.refresh_from_db()
    assert item.state == "withdrawn"
    confirm_missed(missed_id=second.pk, kind="PERSON", actor=project.owner)
    assert texts() == ["Hello, [PERSON_1] here. Where is my parcel? Or call [PERSON_2]."]


def test_a_report_of_a_part_of_what_was_replaced_was_right_too(project: Project) -> None:
    item = item_of(project)
    whole = flagged(item, PLACE)
    [part] = report_missed(
        item=item, item_state="withdrawn", places=[Place(0, START, START + 7)], kind="PERSON",
        actor=make_user(), source="flag",
    )  # fmt: skip
    confirm_missed(missed_id=whole.pk, kind="PERSON", actor=project.owner)
    part.refresh_from_db()
    assert part.state == "confirmed" and told(part.flagged_by) == ["flag_confirmed"]
