"""Personal data that was missed: pulled at once, decided on, replaced wherever it stands, and learned."""

import json
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import Role
from accounts.roles import grant
from annotations import consensus
from annotations.models import Answer, Consensus, Suggestion
from annotations.services.submission import submit_answer
from common.errors import Conflict, DomainError, Invalid
from privacy.findings_holder import FindingsHolder
from privacy.holders import Subject, Terms
from privacy.models import BlindValue, Finding, LearnedValue, MissedValue, Rescan, SubjectItem, VaultEntry
from privacy.services import vault
from privacy.services.subjects import items_of
from tasks_app.importing import job as importing
from tasks_app.models import Assignment, Flag, Item, Project
from tasks_app.protecting import reading
from tasks_app.protecting.finders import LearnedOnly
from tasks_app.protecting.missed import Place, confirm_missed, reject_missed, report_missed
from tasks_app.protecting.redacting import redact_item
from tasks_app.protecting.trusted import ask_trusted
from tasks_app.services import imports
from tasks_app.services.flags import flag_item
from tests.annotations.crowd import answer, balance, told, wallet
from tests.factories import CHOICE, SPAN, TEXT, client_of, lease, make_items, make_project, make_user
from tests.tasks_app.test_claim_concurrency import at_once

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NAME = "Zorvath Quillby"
TEXT_OF = f"Hello, {NAME} here. Where is my parcel?"
START, END = TEXT_OF.index(NAME), TEXT_OF.index(NAME) + len(NAME)
PLACE = Place(0, START, END)


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Any) -> None:
    settings.VAULT_KEY, settings.MEDIA_ROOT = KEY, tmp_path


@pytest.fixture
def project(db: None) -> Project:
    return make_project(fields=[CHOICE, {**SPAN, "required": False}, TEXT])


def item_of(project: Project, text: str = TEXT_OF, **extra: Any) -> Item:
    [item] = make_items(project, payloads=[{"text": text}], **extra)
    return item


def flagged(item: Item, *places: Place, kind: str = "PERSON") -> MissedValue:
    flag_item(
        assignment=lease(item, make_user("flagger")),
        kind="personal_data",
        comment="",
        actor=Assignment.objects.filter(item=item).latest("created_at").worker,
        spans=places,
        data_kind=kind,
    )
    return MissedValue.objects.filter(item=item.pk).latest("created_at")


def texts() -> list[str]:
    return [item.payload["text"] for item in Item.objects.order_by("position")]


def run_scans() -> None:
    for job in Rescan.objects.filter(state="queued"):
        reading.run(job.pk)


def said(start: int = START, end: int = END, reply: str = f"Dear {NAME}, tomorrow.") -> dict[str, Any]:
    spans = [
        {"turn": 0, "start": start, "end": end, "label": "answer"},
        {"turn": 0, "start": TEXT_OF.index("Where"), "end": len(TEXT_OF), "label": "question"},
    ]
    return {"intent": "delivery", "qa": spans, "reply": reply}


# -- flagging ---------------------------------------------------------------------------------------------


def test_a_flag_pulls_the_item_from_everybody_at_once_and_pays_whoever_held_it(project: Project) -> None:
    item, holder = item_of(project), make_user()
    held = lease(item, holder)
    row = flagged(item, PLACE)
    item.refresh_from_db()
    held.refresh_from_db()
    assert (item.state, held.state) == ("withdrawn", "withdrawn")
    assert wallet(holder) == 5 and wallet(row.flagged_by) == 0
    assert (row.state, row.kind, row.item_state) == ("open", "PERSON", "open")
    assert len(row.digest) == 32 and NAME not in json.dumps(row.digest)


def test_no_report_holds_the_value(project: Project) -> None:
    flagged(item_of(project), PLACE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM privacy_missedvalue t")
        assert NAME not in str(cursor.fetchall())


@pytest.mark.parametrize("place", [Place(1, 0, 3), Place(0, 5, 5), Place(0, 0, 10_000), Place(0, -1, 4)])
def test_a_place_that_the_text_does_not_have_is_refused_and_nothing_is_pulled(
    project: Project, place: Place
) -> None:
    item = item_of(project)
    with pytest.raises(Invalid):
        flagged(item, place)
    item.refresh_from_db()
    assert item.state == "open" and not MissedValue.objects.exists()


def test_flagging_twice_is_one_flag_and_one_report(project: Project) -> None:
    item = item_of(project)
    row = flagged(item, PLACE)
    again = Assignment.objects.get(item=item)
    flag_item(
        assignment=again,
        kind="personal_data",
        comment="",
        actor=row.flagged_by,
        spans=[PLACE],
        data_kind="PERSON",
    )
    assert (Flag.objects.count(), MissedValue.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_who_flag_the_same_words_at_the_same_moment_report_one_thing() -> None:
    item = item_of(make_project())
    held = [lease(item, make_user()) for _ in range(3)]

    def flag(one: Assignment) -> None:
        flag_item(
            assignment=one, kind="personal_data", comment="", actor=one.worker, spans=[PLACE], data_kind=""
        )

    at_once([partial(flag, one) for one in held])
    row = MissedValue.objects.get()
    item.refresh_from_db()
    assert (item.state, item.taken, item.slots, row.item_state) == ("withdrawn", 0, 0, "open")
    reject_missed(missed_id=row.pk, reason="A street.", actor=item.project.owner)
    item.refresh_from_db()
    assert (item.state, item.slots) == ("open", 3)
    assert balance(item.project)[1] == 30


# -- deciding ---------------------------------------------------------------------------------------------


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


# -- what points into the text ------------------------------------------------------------------------------


def test_answers_gold_consensus_and_suggestions_keep_pointing_at_the_same_words(project: Project) -> None:
    item = item_of(project, gold=None)
    for _ in range(3):
        answer(item, make_user(), said())
    consensus.aggregate_item(item.pk)
    gold = item_of(project, gold=said())
    Suggestion.objects.create(item=item, field="qa", value=said()["qa"], confidence=0.5, source="m v1")
    for one in (item, gold):
        redact_item(
            item_id=one.pk, actor=project.owner, reason="test",
            find=LearnedOnly(learned_of(project)),
        )  # fmt: skip
        one.refresh_from_db()
    text = item.payload["text"]
    rows = [row.value for row in Answer.objects.filter(item=item)] + [gold.gold]
    rows.append({"qa": Consensus.objects.get(item=item, field="qa").value, "reply": ""})
    rows.append({"qa": Suggestion.objects.get().value, "reply": ""})
    assert len(rows) == 6
    for value in rows:
        marked = [text[one["start"] : one["end"]] for one in value["qa"]]
        assert marked == ["[PERSON_1]", "Where is my parcel?"]
        assert NAME not in value["reply"]
    units = Consensus.objects.get(item=item, field="qa").posterior
    assert all(int(unit.split(":")[2]) <= len(text) for unit in units)


def learned_of(project: Project) -> Any:
    from privacy.services import learning

    learning.learn_value(project_id=project.pk, value=NAME, kind="PERSON")
    return learning.learned_by(project.pk)


@pytest.mark.django_db(transaction=True)
def test_whoever_hands_in_while_the_text_changes_either_counts_in_the_new_text_or_hears_of_it() -> None:
    """Fails when the leases are not locked before the item: the answer then points into the text before."""
    project = make_project(fields=[CHOICE, {**SPAN, "required": False}, TEXT])
    finder = LearnedOnly(learned_of(project))
    for _ in range(8):
        item = item_of(project)
        held = lease(item, make_user())
        outcome: list[str] = []

        def submit(held: Assignment = held, outcome: list[str] = outcome) -> None:
            try:
                submit_answer(assignment=held, answer=said(), seconds=3)
                outcome.append("stored")
            except DomainError as refused:
                outcome.append(refused.code)

        again = partial(redact_item, item_id=item.pk, find=finder, actor=project.owner, reason="test")
        at_once([submit, again])
        item.refresh_from_db()
        stored = Answer.objects.filter(item=item).first()
        assert outcome == (["stored"] if stored else ["withdrawn"])
        assert item.state == "open" and NAME not in item.payload["text"]
        if stored:
            marked = [item.payload["text"][one["start"] : one["end"]] for one in stored.value["qa"]]
            assert marked == ["[PERSON_1]", "Where is my parcel?"]


# -- over HTTP ----------------------------------------------------------------------------------------------


def test_the_workbench_s_flag_carries_the_mark_and_a_stranger_cannot_flag(project: Project) -> None:
    item, worker = item_of(project), make_user()
    held = lease(item, worker)
    path = f"/api/v1/assignments/{held.pk}/flag"
    body = {
        "kind": "personal_data",
        "spans": [{"turn": 0, "start": START, "end": END}],
        "data_kind": "PERSON",
    }
    assert client_of(make_user()).post(path, body, format="json").status_code == 404
    assert client_of(worker).post(path, body, format="json").status_code == 204
    assert client_of(worker).post(path, body, format="json").status_code == 204
    row = MissedValue.objects.get()
    assert (row.start, row.end, row.kind) == (START, END, "PERSON")
    bad = {**body, "spans": [{"turn": 9, "start": 0, "end": 2}]}
    other = lease(item_of(project, "Nothing here."), worker)
    refused = client_of(worker).post(f"/api/v1/assignments/{other.pk}/flag", bad, format="json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/spans/0"


def test_only_reviewers_of_the_project_see_and_decide_reports(project: Project) -> None:
    row = flagged(item_of(project), PLACE)
    reviewer, stranger = make_user(), make_user()
    grant(reviewer, Role.REVIEWER, project.pk)
    decide = f"/api/v1/privacy/missed/{row.pk}/confirm"
    for person in (stranger, row.flagged_by):
        assert client_of(person).get("/api/v1/privacy/missed").json()["results"] == []
        assert client_of(person).post(decide, {"kind": "PERSON"}, format="json").status_code == 404
        assert (
            client_of(person).post(f"/api/v1/privacy/missed/{row.pk}/reject", {"reason": "x"}).status_code
            == 404
        )
    [seen] = client_of(reviewer).get("/api/v1/privacy/missed?state=open").json()["results"]
    assert seen["id"] == str(row.pk) and NAME not in json.dumps(seen)
    everywhere = client_of(reviewer).post(decide, {"kind": "PERSON", "everywhere": True}, format="json")
    assert everywhere.status_code == 403
    done = client_of(reviewer).post(decide, {"kind": "PERSON"}, format="json")
    assert done.status_code == 200 and done.json()["state"] == "confirmed"
    late = client_of(reviewer).post(f"/api/v1/privacy/missed/{row.pk}/reject", {"reason": "No."})
    assert late.status_code == 409 and late.json()["code"] == "decided"


def test_the_page_shows_the_words_around_it_and_decides(project: Project, client: Any) -> None:
    first, second = item_of(project), item_of(project, "Where is it?")
    row, unmarked = flagged(first, PLACE), flagged(second)
    client.force_login(project.owner)
    page = client.get("/privacy/missed/")
    assert page.status_code == 200 and NAME in page.content.decode()
    wrong = client.post(f"/privacy/missed/{unmarked.pk}/", {"kind": "PERSON", "confirm": "1"})
    assert wrong.status_code == 422 and "Type the words" in wrong.content.decode()
    done = client.post(f"/privacy/missed/{row.pk}/", {"kind": "PERSON", "confirm": "1"})
    assert done.status_code == 302
    client.post(f"/privacy/missed/{unmarked.pk}/", {"reject": "1", "reason": "A question."})
    assert NAME not in client.get("/privacy/missed/").content.decode()
    assert "A question." in client.get("/privacy/missed/?state=rejected").content.decode()
    client.force_login(make_user())
    assert client.post(f"/privacy/missed/{row.pk}/", {"confirm": "1"}).status_code == 404


# -- what is learned ----------------------------------------------------------------------------------------


def test_a_confirmed_miss_teaches_the_trusted_reviewers_model_without_the_value(project: Project) -> None:
    item_of(project, "Nothing special.")
    reader = ask_trusted(project=project, actor=project.owner, size=10)
    assert ask_trusted(project=project, actor=project.owner, size=10) == reader
    assert (reader.visibility, reader.privacy_policy, reader.template) == (
        "invited",
        "keep",
        "find-personal-data",
    )
    [copied] = Item.objects.filter(project=reader)
    assert copied.payload == {"text": "Nothing special."}
    row = flagged(item_of(project), PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    lesson = Item.objects.get(project=reader, state="closed")
    [span] = Consensus.objects.get(item=lesson, field="personal_data", state="approved").value
    made_up = lesson.payload["text"][span["start"] : span["end"]]
    assert span["label"] == "PERSON" and NAME not in json.dumps(lesson.payload)
    assert lesson.payload["text"] == TEXT_OF.replace(NAME, made_up) and len(made_up.split()) == 2


def test_what_trusted_reviewers_have_is_put_right_and_erased_with_its_item(project: Project) -> None:
    item = item_of(project)
    for other in (item_of(project, "Kept out."), item_of(project, "Held back.")):
        field = {"consent": False} if "Kept" in other.payload["text"] else {"restricted": True}
        Item.objects.filter(pk=other.pk).update(**field)
    subject, digest = uuid4(), uuid4()
    SubjectItem.objects.create(item=item.pk, subject=subject)
    BlindValue.objects.create(item=item.pk, digest=digest)
    reader = ask_trusted(project=project, actor=project.owner, size=10)
    [copied] = Item.objects.filter(project=reader)
    assert SubjectItem.objects.filter(item=copied.pk, subject=subject).exists()
    assert BlindValue.objects.filter(item=copied.pk, digest=digest).exists()
    row = flagged(item, PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    copied.refresh_from_db()
    assert copied.payload == {"text": TEXT_OF.replace(NAME, "[PERSON_1]")}
    held = Item.objects.filter(project=reader).values_list("pk", flat=True)
    assert items_of(subject) == {item.pk, *held} and len(held) == 2  # the example as well


def test_erasing_a_person_takes_digests_places_and_names_of_those_who_reported(project: Project) -> None:
    item = item_of(project)
    row = flagged(item, PLACE)
    confirm_missed(missed_id=row.pk, kind="PERSON", actor=project.owner)
    holder, terms = FindingsHolder(), Terms(request=row.pk)
    person = Subject(items=frozenset({item.pk}), values=(NAME.upper(),))
    assert holder.residue(person) == {"findings": 1, "missed_values": 1, "learned_values": 1}
    assert holder.erase(person, terms) == holder.erase(person, terms) | {
        "findings": 1,
        "missed_values": 1,
        "learned_values": 1,
    }
    assert holder.residue(person) == {} and MissedValue.objects.get().state == "confirmed"
    flagger = Subject(account=row.flagged_by_id)
    [held] = holder.holdings(flagger)
    assert [one["state"] for one in held.rows] == ["confirmed"]
    assert holder.erase(flagger, terms) == {"flagged_by": 1} and holder.residue(flagger) == {}
