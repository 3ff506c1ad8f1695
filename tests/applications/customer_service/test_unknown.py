"""Questions that nobody knows: on their way to a task and back, and answered by hand."""

import pytest
from django.test import Client

from applications.customer_service.models import Conversation, Pair, Unknown
from applications.customer_service.services import chat
from applications.customer_service.services.unknown import answer_unknown, follow_tasks, make_tasks
from common.errors import Conflict, Invalid, Unavailable
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.customer_service.test_service import ask, url
from tests.factories import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def unknown(stocked: Project) -> Unknown:
    ask(stocked, "is there a warranty")
    return Unknown.objects.get()


def made(unknown: Unknown) -> Unknown:
    make_tasks(project=unknown.project, unknown_ids=[unknown.pk], actor=unknown.project.owner)
    return followed(unknown)


def followed(unknown: Unknown) -> Unknown:
    follow_tasks(unknown.project)
    unknown.refresh_from_db()
    return unknown


def test_a_question_is_a_task_when_its_item_is_there(unknown: Unknown) -> None:
    assert made(unknown).state == "making"
    work.run(ImportJob.objects.get().pk)
    assert followed(unknown).state == "task" and Item.objects.get(external_id=unknown.external_id)


def test_an_import_that_fails_loses_no_question(unknown: Unknown) -> None:
    made(unknown)
    ImportJob.objects.update(state="failed")
    assert (followed(unknown).state, unknown.problem) == ("new", "failed")
    row = client_of(unknown.project.owner).get(url(unknown.project, "unknown")).json()["results"][0]
    assert row["problem"] == "failed" and row["item"] is None
    assert made(unknown).problem == "" and ImportJob.objects.count() == 2


def test_an_import_that_leaves_the_text_out_says_so(unknown: Unknown) -> None:
    made(unknown)
    ImportJob.objects.update(state="succeeded", skipped={"duplicate": 1})
    assert (followed(unknown).state, unknown.problem) == ("new", "refused")
    page = Client()
    page.force_login(unknown.project.owner)
    home = f"/projects/{unknown.project_id}/customer-service/unknown/"
    assert "The import left it out" in page.get(home).content.decode()


def test_a_task_that_was_withdrawn_is_a_question_again(unknown: Unknown) -> None:
    made(unknown)
    work.run(ImportJob.objects.get().pk)
    followed(unknown)
    Item.objects.filter(external_id=unknown.external_id).update(state="withdrawn")
    assert (followed(unknown).state, unknown.problem) == ("new", "gone")


def test_answering_switches_on_what_is_there_already(unknown: Unknown) -> None:
    pair = answer_unknown(unknown=unknown, answer="Two years.", actor=unknown.project.owner)
    Pair.objects.filter(pk=pair.pk).update(is_on=False)
    ask(unknown.project, "is there a warranty")
    again = Unknown.objects.get(state="new")
    same = answer_unknown(unknown=again, answer="Two years.", actor=unknown.project.owner)
    assert same.pk == pair.pk and same.is_on
    with pytest.raises(Conflict):
        answer_unknown(unknown=again, answer="Three years.", actor=unknown.project.owner)


def test_an_empty_or_endless_answer_changes_nothing(unknown: Unknown) -> None:
    for answer in (" ", "a" * 5_001):
        with pytest.raises(Invalid):
            answer_unknown(unknown=unknown, answer=answer, actor=unknown.project.owner)
    unknown.refresh_from_db()
    assert unknown.state == "new"


def test_a_long_question_can_be_answered(stocked: Project) -> None:
    # What the gate puts in place of an address may be longer than it: the question is cut, not lost.
    ask(stocked, "warranty for a@b.cd " * 250)
    row = Unknown.objects.get()
    assert len(row.text) <= 5_000
    assert answer_unknown(unknown=row, answer="Yes.", actor=stocked.owner)


@pytest.mark.parametrize("stars", ["²", "", "x", "9", "-1", "1.5"])
def test_stars_that_are_none_end_nothing(stocked: Project, stars: str) -> None:
    talk = ask(stocked, "hours")["conversation"]
    page = Client()
    page.force_login(stocked.owner)
    end = f"/projects/{stocked.pk}/customer-service/conversations/{talk}/end/"
    assert page.post(end, {"rating": stars}).status_code == 302
    assert Conversation.objects.get().ended_at is None


def test_a_model_that_cannot_answer_is_left_out(stocked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_asked: object) -> None:
        raise Unavailable("Too many questions wait.")

    monkeypatch.setattr(chat, "in_production", lambda *_: object())
    monkeypatch.setattr(chat, "ask", busy)
    told = ask(stocked, "where is my parcel")
    assert told["known"] and told["understood"] == {}


def test_after_the_deadline_nothing_more_is_asked(stocked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(chat, "in_production", lambda *_: object())
    monkeypatch.setattr(chat, "ask", lambda **more: asked.append(more))
    monkeypatch.setattr(chat, "WHOLE", -1.0)
    assert ask(stocked, "where is my parcel")["answer"] == "It is on the van." and asked == []
