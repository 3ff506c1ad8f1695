"""A customer whom a program asks for: nameless in the database, and found by the name they prove."""

import hashlib
from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from applications.customer_service import composing
from applications.customer_service.customers import customer_id
from applications.customer_service.drafting import fields_of
from applications.customer_service.models import Conversation, Exchange, Knowledge, Pair, Unknown
from applications.customer_service.services import chat
from applications.customer_service.services.chat import end_conversation
from applications.customer_service.services.joining import join_approved
from applications.customer_service.services.unknown import answer_unknown, make_tasks
from common.errors import Conflict
from privacy.holders import Subject, Terms, all_holders
from privacy.models import DataSubject
from privacy.services import subjects
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.customer_service.test_following import talk
from tests.applications.customer_service.test_service import ask, url
from tests.applications.health_triage.conftest import Said
from tests.factories import client_of, make_items
from training import serving
from training.micro_batching import Pass
from training.models import Model, ModelVersion, Prediction, Run, Snapshot

pytestmark = pytest.mark.django_db
NAME = "customer 4711"


def holder():
    return next(one for one in all_holders() if one.name == "customer_service")


def subject_of(project: Project, name: str = NAME) -> Subject:
    """As a request that proves the name makes it."""
    found = {match.subject.pk for match in subjects.find_subjects(values=[name])}
    assert found == {customer_id(project.pk, name)}
    return Subject(subjects=frozenset(found))


def erase(subject: Subject) -> dict[str, int]:
    done = holder().erase(subject, Terms(request=Pair.objects.model().pk))
    assert holder().residue(subject) == {}
    return done


def test_the_name_is_kept_as_a_keyed_digest(stocked: Project) -> None:
    ask(stocked, "hours", end_user=NAME)
    row = Conversation.objects.get()
    plain = hashlib.sha256(NAME.encode()).hexdigest()
    assert row.subject == customer_id(stocked.pk, NAME) and row.subject.hex not in plain
    assert DataSubject.objects.filter(pk=row.subject, kind="subject", ref_digest__isnull=False).exists()
    assert row.subject != customer_id(Knowledge.objects.get().pk, "customer 4712")


def test_access_and_erasure_by_the_name_reach_the_chat(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    ask(stocked, "hours", end_user="somebody else")
    subject = subject_of(stocked)
    held = {one.name: list(one.rows) for one in holder().holdings(subject)}
    assert [row["text"] for row in held["chats"]] == ["is there a warranty"]
    assert holder().residue(subject) == {"conversations": 1}
    assert erase(subject)["unknown_questions"] == 1
    assert Exchange.objects.get().text == "hours" and not Unknown.objects.exists()


def test_whoever_asks_for_others_does_not_get_what_these_asked(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    held = {one.name: list(one.rows) for one in holder().holdings(Subject(account=stocked.owner_id))}
    assert held["chats"] == []


def test_a_question_that_others_asked_too_stays_in_their_words(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    ask(stocked, "warranty please", end_user="somebody else")
    assert Unknown.objects.get().asked == 2
    erase(subject_of(stocked))
    row = Unknown.objects.get()
    assert (row.text, row.asked) == ("warranty please", 1)
    assert row.encoder == "" and not any(row.vector)  # it was of the first one's words


def test_a_task_made_of_a_question_is_erased_with_whoever_asked_first(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    ask(stocked, "warranty please", end_user="somebody else")
    row = Unknown.objects.get()
    [item] = make_items(stocked, slots=0, payloads=[{"turns": [{"speaker": "customer", "text": row.text}]}])
    Item.objects.filter(pk=item.pk).update(external_id=row.external_id)
    Unknown.objects.update(state=Unknown.State.TASK)
    holder().erase(subject_of(stocked, "somebody else"), Terms(request=item.pk))
    item.refresh_from_db()
    assert "is there a warranty" in str(item.payload)
    assert erase(subject_of(stocked))["items"] == 1
    item.refresh_from_db()
    assert "warranty" not in str(item.payload) and item.state == Item.State.WITHDRAWN


def test_of_a_restricted_customer_no_question_is_kept_for_others(stocked: Project) -> None:
    ask(stocked, "hours", end_user=NAME)
    DataSubject.objects.update(restricted=True)
    told = ask(stocked, "is there a warranty", end_user=NAME)
    assert not told["known"] and told["unknown"] is None and not Unknown.objects.exists()


def test_a_customer_can_end_a_chat_more_than_once_asked(stocked: Project) -> None:
    ask(stocked, "hours", end_user=NAME)
    assert end_conversation(conversation=Conversation.objects.get(), rating=2, actor=stocked.owner).ended_at


def test_a_restriction_that_ends_gives_the_pairs_back(project: Project) -> None:
    [item] = talk(project)
    join_approved(project)
    subject = Subject(items=frozenset({item.pk}))
    Item.objects.filter(pk=item.pk).update(restricted=True)
    assert holder().restrict(subject, restricted=True) == {"answer_pairs": 1}
    assert not Pair.objects.get().stands
    Item.objects.filter(pk=item.pk).update(restricted=False)
    holder().restrict(subject, restricted=False)
    join_approved(project)
    assert Pair.objects.get().stands


def test_what_others_said_as_well_comes_back_from_their_dialogue(project: Project) -> None:
    one, two = talk(project, number=2)
    join_approved(project)
    erase(Subject(items=frozenset({one.pk})))
    one.delete()
    assert not Pair.objects.exists()
    join_approved(project)
    assert Pair.objects.get().item == two


def test_a_shared_question_is_counted_without_whoever_is_erased(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user="somebody else")
    ask(stocked, "warranty please", end_user=NAME)
    ask(stocked, "warranty again", end_user=NAME)
    assert Unknown.objects.get().asked == 3
    erase(subject_of(stocked))
    row = Unknown.objects.get()
    assert (row.text, row.asked) == ("is there a warranty", 1) and any(row.vector)


def restrict(project: Project, *, restricted: bool = True) -> None:
    for one in all_holders():
        one.restrict(subject_of(project), restricted=restricted)


def test_what_was_made_of_a_restricted_customers_question_is_restricted(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    row = Unknown.objects.get()
    make_tasks(project=stocked, unknown_ids=[row.pk], actor=stocked.owner)
    work.run(ImportJob.objects.get().pk)
    item = Item.objects.get(external_id=row.external_id)
    assert subject_of(stocked).subjects == subjects.subjects_of([item.pk])
    restrict(stocked)
    item.refresh_from_db()
    assert item.restricted and shown(stocked) == []
    assert make_tasks(project=stocked, unknown_ids=[row.pk], actor=stocked.owner) == []
    row.refresh_from_db()
    with pytest.raises(Conflict):
        answer_unknown(unknown=row, answer="Two years.", actor=stocked.owner)
    other = ask(stocked, "is there a warranty", end_user="somebody else")["unknown"]
    assert other != str(row.pk), "nothing is compared with a restricted question"
    restrict(stocked, restricted=False)
    item.refresh_from_db()
    assert not item.restricted and {str(row.pk), other} == set(shown(stocked))


def shown(project: Project) -> list[str]:
    rows = client_of(project.owner).get(url(project, "unknown")).json()["results"]
    page = Client()
    page.force_login(project.owner)
    html = page.get(f"/projects/{project.pk}/customer-service/unknown/?state=new").text
    open_ = {str(row.pk) for row in Unknown.objects.filter(state="new") if str(row.pk) in html}
    assert open_ <= {row["id"] for row in rows}
    return [row["id"] for row in rows]


def test_an_answer_written_for_their_question_goes_with_them(stocked: Project) -> None:
    ask(stocked, "is there a warranty", end_user=NAME)
    pair = answer_unknown(unknown=Unknown.objects.get(), answer="Two years.", actor=stocked.owner)
    restrict(stocked)
    pair.refresh_from_db()
    assert not pair.is_on
    erase(subject_of(stocked))
    assert not Pair.objects.filter(pk=pair.pk).exists()


def put_into_production(project: Project, name: str) -> ModelVersion:
    """A row, without weights, of whatever field."""
    snapshot = Snapshot.objects.create(
        project=project, number=1, schema_version=project.schema_versions.get(),
        fields=[field.to_json() for field in fields_of(project).values()], sha256=uuid4().hex,
    )  # fmt: skip
    run = Run.objects.create(
        project=project, number=1, field=name, snapshot=snapshot, state="succeeded", queued_at=timezone.now()
    )
    model = Model.objects.create(project=project, field=name, head="choice", name=f"{project.pk}-{name}")
    return ModelVersion.objects.create(
        model=model, number=1, run=run, snapshot=snapshot, stage="production", path="nowhere", metrics={},
        config_hash="0" * 64,
    )  # fmt: skip


class Minds:
    """Models in production that say nothing, and do something else meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
        self.meanwhile: list[Callable[[], object]] = []
        self.version = put_into_production(project, "intent")
        monkeypatch.setattr(chat, "UNDERSTOOD", (self.version.model.field,))
        monkeypatch.setattr(serving, "answers_of", self.answer)

    def answer(self, _version: object, payloads: Sequence[object]) -> Pass[Said]:
        for one in self.meanwhile:
            one()
        return Pass([Said("refund", 0.9) for _one in payloads], {})


@pytest.fixture
def minds(monkeypatch: pytest.MonkeyPatch, stocked: Project) -> Minds:
    return Minds(monkeypatch, stocked)


def test_a_prediction_knows_the_customer_before_the_chat_is_written(stocked: Project, minds: Minds) -> None:
    def stop() -> None:
        raise RuntimeError("killed")

    ask(stocked, "hours", end_user=NAME)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(chat, "embed", lambda _texts: stop())
        ask(stocked, "where is my parcel", end_user=NAME)
    theirs = Prediction.objects.filter(subject=customer_id(stocked.pk, NAME))
    assert theirs.count() == 2 and Exchange.objects.count() == 1
    erase(subject_of(stocked))
    assert not Prediction.objects.filter(payload__icontains="parcel").exists()


def test_a_customer_who_is_erased_while_a_model_thinks_leaves_nothing(stocked: Project, minds: Minds) -> None:
    minds.meanwhile.append(lambda: DataSubject.objects.all().delete())
    told = ask(stocked, "hours", end_user=NAME)
    assert told["code"] == "subject_erased"
    assert not Exchange.objects.exists() and not Prediction.objects.exists()


def test_no_model_is_asked_about_a_restricted_customer(stocked: Project, minds: Minds) -> None:
    ask(stocked, "hours", end_user=NAME)
    restrict(stocked)
    asked = Prediction.objects.count()
    minds.meanwhile.append(lambda: pytest.fail("a model was asked"))
    assert ask(stocked, "hours", end_user=NAME)["answer"] == "From nine to five."
    assert Prediction.objects.count() == asked


def test_a_reply_of_a_model_knows_the_customer_too(
    stocked: Project, minds: Minds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing, "REPLY", minds.version.model.field)
    monkeypatch.setattr(chat, "UNDERSTOOD", ())
    ask(stocked, "hours", end_user=NAME)
    assert Prediction.objects.get().subject == customer_id(stocked.pk, NAME)
