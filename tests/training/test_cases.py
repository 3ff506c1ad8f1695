"""What people say of answers: gathered by text, ordered, asked again, and followed into a version."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification, User
from annotations.models import Consensus, Suggestion
from common.errors import Conflict, Invalid
from privacy.services import retention
from tasks_app.fields.payload import content_hash
from tasks_app.models import ImportJob, Item, Project
from tasks_app.services.projects import fund_project
from tasks_app.tasks import import_items
from tests.factories import client_of, make_user
from training import satisfaction, tasks
from training.models import Feedback, FeedbackCase, FeedbackPolicy, ModelVersion, Prediction, SnapshotItem
from training.services import cases, feedback
from training.services.snapshots import freeze_snapshot
from training.triage import digest_of, is_content, priority

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(make_version: Callable[..., ModelVersion], approved: Project) -> ModelVersion:
    fund_project(project=approved, amount_minor=100_000, actor=approved.owner, key="more")
    return make_version(stage="production")


def predict(
    version: ModelVersion, text: str, *, value: str = "refund", confidence: float = 0.6
) -> Prediction:
    return Prediction.objects.create(
        version=version, payload={"text": text}, value=value, confidence=confidence,
        requested_by=make_user(),
    )  # fmt: skip


def say(prediction: Prediction, **said: Any) -> Feedback:
    return feedback.give_feedback(prediction=prediction, author=make_user(), **said)


# --- the order --------------------------------------------------------------------------------------------


def test_texts_are_told_apart_by_their_words() -> None:
    same = [
        {"text": "Where is my parcel?"},
        {"text": " where is  my PARCEL"},
        {"turns": [{"speaker": "a", "text": "Where is my parcel…"}]},
    ]
    assert len({digest_of(payload) for payload in same}) == 1
    assert digest_of({"text": "where is my lamp"}) != digest_of(same[0])
    assert digest_of({"pair": ["a b", "c"]}) != digest_of({"pair": ["a", "b c"]})
    assert digest_of({"text": "👍"}) != digest_of({"text": "😡"})  # no word at all is no common word
    assert digest_of({"text": "退款在哪里"}) != digest_of({"text": "包裹在哪里"})


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ({"thumbs": 1}, True), ({"thumbs": -1}, False), ({"rating": 5}, True), ({"rating": 2}, False),
        ({"rating": 3}, None), ({}, None), ({"correction": "other", "thumbs": 1}, False),
        ({"correction": "refund"}, True), ({"correction": "refund", "thumbs": -1}, False),
    ],
)  # fmt: skip
def test_what_a_voice_says_in_all(said: dict[str, Any], content: bool | None) -> None:
    whole = {"thumbs": None, "rating": None, "correction": None, "value": "refund", **said}
    assert is_content(**whole) is content


@pytest.mark.parametrize("thumbs", [None, 1, -1])
@pytest.mark.parametrize("rating", [None, 1, 3, 5])
@pytest.mark.parametrize(
    ("correction", "value"), [(None, "refund"), ("refund", "refund"), ("other", "refund"), ("other", None)]
)
def test_satisfaction_is_the_same_wherever_it_is_counted(
    version: ModelVersion, thumbs: int | None, rating: int | None, correction: str | None, value: str | None
) -> None:
    said = {"thumbs": thumbs, "rating": rating, "correction": correction}
    prediction = Prediction.objects.create(
        version=version, payload={"text": "a"}, value=value, confidence=0.5
    )
    voice = Feedback.objects.create(prediction=prediction, end_user="a", **said)  # type: ignore[misc]
    case = cases.file_feedback(voice)
    content = is_content(**said, value=value)
    expected = (int(content is not None), int(content is True))
    begin, end = version.created_at, timezone.now() + timedelta(minutes=1)
    assert satisfaction.between(begin, end, model=version.model_id) == expected
    assert satisfaction.of_answers(version.pk, since=begin) == expected
    assert satisfaction.of_case(case.pk) == (1, *expected)
    assert [(one.voices, one.content) for one in satisfaction.by_week(version.model)] == [expected][
        : expected[0]
    ]


def test_doubt_and_volume_come_first() -> None:
    calm = priority(confidence=0.9, content=8, voices=8, volume=1)
    assert priority(confidence=0.5, content=8, voices=8, volume=1) > calm
    assert priority(confidence=0.9, content=0, voices=8, volume=1) > calm
    assert priority(confidence=0.9, content=8, voices=8, volume=50) > calm
    # By hand: (1 - 0.8 x 1/3) x log2(4)
    assert priority(confidence=0.8, content=0, voices=1, volume=3) == pytest.approx((1 - 0.8 / 3) * 2)


def test_many_voices_on_one_text_are_one_case(version: ModelVersion) -> None:
    for text in ("Where is my lamp?", "where is my lamp"):
        predict(version, text)
        say(predict(version, text), thumbs=-1)
    say(predict(version, "something else"), thumbs=1)
    case, other = FeedbackCase.objects.order_by("-priority")
    assert (case.voices, case.content, case.volume) == (2, 0, 4)
    assert (other.voices, other.content, other.volume) == (1, 1, 1)
    assert case.state == "new"


def test_retention_leaves_predictions_whose_case_is_open(version: ModelVersion) -> None:
    say(predict(version, "Where is my lamp?"), thumbs=-1)
    say(predict(version, "something else"), thumbs=-1)
    said_nothing = predict(version, "and this")
    Prediction.objects.update(created_at=timezone.now() - timedelta(days=400))
    FeedbackCase.objects.filter(payload={"text": "something else"}).update(state="dismissed")
    retention.set_rule(kind="predictions", days=180, is_on=True, actor=version.model.project.owner_id)
    assert retention.apply_all() == 2
    [left] = Prediction.objects.all()
    assert left.payload == {"text": "Where is my lamp?"} and left.pk != said_nothing.pk
    assert FeedbackCase.objects.get(state="new").feedback.count() == 1


@pytest.mark.django_db(transaction=True)
def test_voices_at_the_same_moment_are_all_counted(version: ModelVersion) -> None:
    predictions = [predict(version, "Where is my lamp?") for _ in range(6)]
    people = [make_user() for _ in predictions]
    gate = threading.Barrier(len(people))

    def speak(prediction: Prediction, person: User) -> None:
        gate.wait()
        feedback.give_feedback(prediction=prediction, author=person, thumbs=-1)
        connection.close()

    threads = [threading.Thread(target=speak, args=pair) for pair in zip(predictions, people, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert FeedbackCase.objects.get().voices == 6


# --- tasks ------------------------------------------------------------------------------------------------


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
    Item.objects.filter(pk=known.pk).update(content_hash=content_hash(known.payload))
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


# --- the way back -----------------------------------------------------------------------------------------


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


# --- pages and REST ---------------------------------------------------------------------------------------


def test_personal_data_does_not_reach_a_case(version: ModelVersion, admin: User) -> None:
    answer = client_of(admin).post(
        f"/api/v1/models/{version.model.name}/predict",
        {"items": [{"text": "my lamp, write to jane.doe@example.com"}], "end_user": "c1"}, format="json",
    ).json()  # fmt: skip
    path = f"/api/v1/predictions/{answer['prediction_ids'][0]}/feedback"
    said = client_of(None).post(
        path, {"thumbs": "down", "comment": "call +1 617-555-0149", "link": answer["feedback_links"][0]},
        format="json",
    )  # fmt: skip
    assert said.status_code == 201 and said.json()["state"] == "new"
    listed = client_of(admin).get(f"/api/v1/models/{version.model.name}/cases").content.decode()
    assert "jane.doe" not in listed and "my lamp" in listed
    assert "555" not in Feedback.objects.get().comment


def test_cases_over_rest(version: ModelVersion, admin: User, stranger: User) -> None:
    case = say(predict(version, "my lamp"), thumbs=-1).case
    other = say(predict(version, "my parcel"), thumbs=-1).case
    assert case is not None and other is not None
    root, client = f"/api/v1/models/{version.model.name}", client_of(admin)
    made = client.post(
        f"{root}/cases/tasks", {"cases": [str(case.pk)]}, format="json", HTTP_IDEMPOTENCY_KEY="a"
    )
    assert made.status_code == 202 and made.json()["results"][0]["state"] == "task"
    gone = client.post(
        f"{root}/cases/dismiss",
        {"cases": [str(other.pk)], "reason": "no"},
        format="json",
        HTTP_IDEMPOTENCY_KEY="b",
    )
    assert gone.json()["results"][0]["state"] == "dismissed"
    assert [one["state"] for one in client.get(f"{root}/cases", {"state": "task"}).json()["results"]] == [
        "task"
    ]
    assert client.put(f"{root}/feedback-policy", {"above": 1.5}, format="json").json() == {
        "above": 1.5,
        "a_day": 20,
    }
    for wrong in ("nan", "inf", 0):
        put = client.put(f"{root}/feedback-policy", {"above": wrong}, format="json")
        assert put.status_code == 422, wrong
    assert client.get(f"{root}/satisfaction").json()["results"][0]["voices"] == 2
    assert (
        client.post(f"{root}/cases/tasks", {"cases": []}, format="json", HTTP_IDEMPOTENCY_KEY="c").status_code
        == 422
    )
    for path in ("cases", "satisfaction"):
        assert client_of(stranger).get(f"{root}/{path}").status_code == 404


def test_the_inbox_is_worked_off_on_a_page(version: ModelVersion, admin: User, client: Client) -> None:
    case = say(predict(version, "my lamp arrived in parts"), thumbs=-1, comment="it is about delivery").case
    other = say(predict(version, "my parcel"), correction="delivery").case
    assert case is not None and other is not None
    client.force_login(admin)
    page = f"/models/{version.model.name}/cases/"
    shown = client.get(page).content.decode()
    assert "my lamp arrived in parts" in shown and "it is about delivery" in shown and "Satisfaction" in shown
    refused = client.post(f"{page}decide/", {"case": [str(other.pk)], "what": "dismiss"})
    assert refused.status_code == 422 and "Say why" in refused.content.decode()
    assert client.post(f"{page}decide/", {"case": [str(case.pk), "x"], "what": "task"}).status_code == 302
    assert "being asked" in client.get(page, {"state": "all"}).content.decode()
    assert client.post(f"{page}policy/", {"above": "1.2", "a_day": "5"}).status_code == 302
    assert FeedbackPolicy.objects.get().above == 1.2
    client.force_login(make_user())
    assert client.get(page).status_code == 404


def test_satisfaction_by_version_and_week(version: ModelVersion) -> None:
    for number in range(8):
        say(predict(version, f"text {number}"), thumbs=1 if number < 6 else -1)
    say(predict(version, "three stars say nothing"), rating=3)
    [week] = satisfaction.by_week(version.model)
    assert (week.version, week.voices, week.content, week.share) == (1, 8, 6, 0.75)
    low, high = week.interval
    # Wilson's interval for 6 of 8
    assert (round(low, 3), round(high, 3)) == (0.409, 0.929)
