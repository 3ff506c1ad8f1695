"""Cases become tasks of the project, once each, and are followed into a version."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification
from annotations.models import Consensus, Suggestion
from common.errors import Conflict, Invalid
from tasks_app.known_contents import content_hash_in
from tasks_app.models import ImportJob, Item, Project
from tasks_app.tasks import import_items
from tests.factories import client_of, make_user
from tests.training.cases.conftest import predict, say
from training import tasks
from training.models import FeedbackCase, FeedbackPolicy, ModelVersion, SnapshotItem
from training.services import cases, feedback
from training.services.snapshots import freeze_snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported() -> Callable[..., list[FeedbackCase]]:
    """Make tasks and let the import and the joining happen."""

    def make(version: ModelVersion, *case: FeedbackCase) -> list[FeedbackCase]:
        before = set(ImportJob.objects.values_list("pk", flat=True))
        cases.make_tasks(
            model=version.model, case_ids=[one.pk for one in case], actor=version.model.project.owner
        )
        for job in ImportJob.objects.exclude(pk__in=before):
            import_items(str(job.pk))
        cases.join_items()
        return list(FeedbackCase.objects.filter(pk__in=[one.pk for one in case]))

    return make


def test_a_task_has_the_model_s_answer_and_is_never_tested_on(
    version: ModelVersion, imported: Callable[..., list[FeedbackCase]]
) -> None:
    case = say(predict(version, "my lamp arrived in two parts"), thumbs=-1).case
    assert case is not None
    [case] = imported(version, case)
    assert case.state == "task" and case.item is not None
    assert case.item.split == "train" and case.item.project == version.model.project
    shown = Suggestion.objects.get(item=case.item, field="intent")
    assert (shown.value, shown.confidence) == ("refund", 0.6)


def test_a_case_makes_one_item_however_often_it_is_asked(
    version: ModelVersion, imported: Callable[..., list[FeedbackCase]]
) -> None:
    case = say(predict(version, "my lamp arrived in two parts"), thumbs=-1).case
    assert case is not None
    imported(version, case)
    imported(version, case)
    assert Item.objects.filter(external_id=case.external_id).count() == 1


def test_a_text_that_the_project_has_already_is_followed_there(
    version: ModelVersion, imported: Callable[..., list[FeedbackCase]]
) -> None:
    known = Item.objects.filter(project=version.model.project).first()
    assert known is not None
    Item.objects.filter(pk=known.pk).update(content_hash=content_hash_in(known.project_id, known.payload))
    case = say(predict(version, known.payload["text"]), thumbs=-1).case
    assert case is not None
    [case] = imported(version, case)
    assert case.item == known
    # It was approved before anybody complained: somebody looks again, and no version has learned it yet.
    again = Consensus.objects.get(item=known)
    assert (again.state, again.cause) == ("review", "model")
    assert cases.note_version(version) == 0


def test_what_came_to_nothing_is_not_waited_for(version: ModelVersion) -> None:
    """An import that failed, or an item that was erased."""
    case = say(predict(version, "my lamp arrived in two parts"), thumbs=-1).case
    assert case is not None
    cases.make_tasks(model=version.model, case_ids=[case.pk], actor=version.model.project.owner)
    assert cases.join_items() == 0
    assert FeedbackCase.objects.get().state == "task"
    FeedbackCase.objects.update(tasked_at=timezone.now() - timedelta(days=2))
    assert cases.join_items() == 0
    case.refresh_from_db()
    assert case.state == "dismissed" and case.reason


def test_learned_is_learned_until_a_later_version_is_complained_about(
    version: ModelVersion, make_version: Callable[..., ModelVersion]
) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    assert case is not None
    learned = make_version()
    FeedbackCase.objects.update(state="learned", learned_by=learned)
    about_the_old = say(predict(version, "my lamp"), thumbs=-1)
    assert cases.outcome_of(about_the_old) == ("learned", learned.number)
    about_the_new = say(predict(learned, "my lamp"), thumbs=-1)
    assert cases.outcome_of(about_the_new) == ("new", None)


def test_what_was_tested_on_was_not_learned(version: ModelVersion) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    assert case is not None
    for split in ("test", "dev", "train"):
        item = SnapshotItem.objects.filter(snapshot=version.snapshot, split=split).values_list(
            "item", flat=True
        )[0]
        asked = version.snapshot.created_at + timedelta(seconds=1)
        FeedbackCase.objects.update(state="task", item=item, tasked_at=asked)
        assert cases.note_version(version) == 0  # frozen before anybody was asked
        FeedbackCase.objects.update(tasked_at=asked - timedelta(days=1))
        assert cases.note_version(version) == (split != "test")


def test_a_text_asked_very_often_is_not_counted_to_the_end(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "MOST_ASKED", 3)
    for _ in range(5):
        predict(version, "my lamp")
    case = say(predict(version, "my lamp"), thumbs=-1).case
    assert case is not None and case.volume == 3


@pytest.mark.django_db(transaction=True)
def test_two_who_click_at_once_make_one_task(version: ModelVersion) -> None:
    case = say(predict(version, "my lamp arrived in two parts"), thumbs=-1).case
    assert case is not None
    gate = threading.Barrier(2)
    owner = version.model.project.owner

    def click() -> None:
        gate.wait()
        cases.make_tasks(model=version.model, case_ids=[case.pk], actor=owner)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ImportJob.objects.count() == 1


def test_a_finished_project_says_so_and_nothing_is_lost(version: ModelVersion) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    assert case is not None
    Project.objects.update(state=Project.State.FINISHED)
    with pytest.raises(Conflict):
        cases.make_tasks(model=ModelVersion.objects.get().model, case_ids=[case.pk], actor=make_user())
    case.refresh_from_db()
    assert case.state == "new"


def test_urgent_cases_become_tasks_by_themselves_but_not_too_many(version: ModelVersion) -> None:
    for number in range(4):
        say(predict(version, f"lamp {number}", confidence=0.3), thumbs=-1)
    calm = say(predict(version, "all is well", confidence=0.99), thumbs=1).case
    cases.set_policy(model=version.model, above=0.7, a_day=3, actor=version.model.project.owner)
    assert cases.make_due_tasks() == 3
    assert cases.make_due_tasks() == 0
    assert FeedbackCase.objects.filter(state="task").count() == 3
    assert calm is not None and FeedbackCase.objects.get(pk=calm.pk).state == "new"
    cases.set_policy(model=version.model, above=None, actor=version.model.project.owner)
    assert not FeedbackPolicy.objects.exists()
    with pytest.raises(Invalid):
        cases.set_policy(model=version.model, above=-1, actor=version.model.project.owner)
    tasks.follow_feedback()


def test_a_dismissed_case_comes_back_with_the_next_complaint(version: ModelVersion) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    assert case is not None
    with pytest.raises(Invalid):
        cases.dismiss_cases(model=version.model, case_ids=[case.pk], reason=" ", actor=make_user())
    [case] = cases.dismiss_cases(model=version.model, case_ids=[case.pk], reason="a joke", actor=make_user())
    assert (case.state, case.reason) == ("dismissed", "a joke")
    say(predict(version, "my lamp"), thumbs=1)
    assert FeedbackCase.objects.get().state == "dismissed"
    say(predict(version, "my lamp"), rating=1)
    assert FeedbackCase.objects.get().state == "new"


@pytest.mark.slow
def test_the_person_sees_in_which_version_the_correction_is(
    version: ModelVersion,
    imported: Callable[..., list[FeedbackCase]],
    make_version: Callable[..., ModelVersion],
    client: Client,
) -> None:
    prediction = predict(version, "my lamp arrived in two parts")
    token = feedback.sign_link(prediction, "customer 7")
    link_page = f"/feedback/{token}/"
    said = client.post(link_page, {"thumbs": "-1", "correction": "delivery", "rating": "1"})
    assert said.status_code == 302
    author = prediction.requested_by
    assert author is not None
    feedback.give_feedback(prediction=prediction, author=author, correction="delivery")
    [case] = imported(version, FeedbackCase.objects.get())
    assert "Your correction is in" not in client.get(link_page).content.decode()
    Consensus.objects.create(
        project=version.model.project, item=case.item, field="intent", value="delivery", confidence=0.97,
        state=Consensus.State.APPROVED,
    )  # fmt: skip
    snapshot, new = freeze_snapshot(project=version.model.project, actor=None)
    assert new
    second = make_version()
    ModelVersion.objects.filter(pk=second.pk).update(snapshot=snapshot)
    second.refresh_from_db()
    assert cases.note_version(second) == 1
    assert cases.note_version(second) == 0
    assert "Your correction is in version 2." in client.get(link_page).content.decode()
    told = Notification.objects.get(user=author)
    assert told.kind == "feedback_learned" and told.data["version"] == 2
    assert told.url == ""  # the model's page is for those who administer it
    client.force_login(author)
    assert "Your correction is in version 2 of" in client.get(reverse("notifications")).content.decode()
    over_rest = client_of(author).get(f"/api/v1/predictions/{prediction.pk}/feedback")
    assert over_rest.json()["learned_by_version"] == 2 and over_rest.json()["state"] == "learned"
    by_link = client_of(None).get(f"/api/v1/predictions/{prediction.pk}/feedback", {"link": token})
    assert by_link.json()["learned_by_version"] == 2


def test_what_was_never_decided_is_in_no_version(version: ModelVersion) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    assert case is not None
    FeedbackCase.objects.update(state="task", item=Item.objects.filter(project=version.model.project).last())
    Consensus.objects.all().delete()
    assert cases.note_version(version) == 0
