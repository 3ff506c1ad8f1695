"""What people say of answers: gathered by text, and ordered by doubt and volume."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from privacy.services import retention
from tests.factories import make_user
from tests.training.cases.conftest import predict, say
from training import satisfaction
from training.models import Feedback, FeedbackCase, ModelVersion, Prediction
from training.services import cases, feedback
from training.triage import digest_of, is_content, priority

pytestmark = pytest.mark.django_db


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
