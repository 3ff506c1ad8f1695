"""What a served model sees, against what it was trained on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.models import User
from tasks_app.models import Project
from tests.factories import client_of, make_items
from tests.training.conftest import WORDS, approve, text_of
from training import drift, rounds
from training.models import DriftReading, DriftReference, ModelVersion, Prediction

Make = Callable[..., ModelVersion]


@pytest.fixture(autouse=True)
def tiny(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "ENCODER", str(tiny_encoder))


def ask(version: ModelVersion, label: str, number: int) -> None:
    # Over the same numbers as what was approved: a tiny encoder takes other numbers for another kind.
    texts = [text_of(label, 7 * n % 180) for n in range(number)]
    Prediction.objects.bulk_create(
        Prediction(version=version, payload={"text": text}, value=label, confidence=0.9) for text in texts
    )


def test_the_same_kind_of_questions_is_no_drift_and_others_are(make_version: Make, approved: Project) -> None:
    approve(approved, 180)
    version = make_version(stage="production")
    for label in WORDS:
        ask(version, label, 40)
    same = drift.read_drift(version.pk)
    assert same is not None and same.source == "predictions" and same.items == 120
    assert same.embedding < same.embedding_chance and (same.labels or 0) < (same.labels_chance or 0)
    Prediction.objects.all().delete()
    DriftReading.objects.all().delete()
    ask(version, "delivery", 120)
    other = drift.read_drift(version.pk)
    assert other is not None and other.labels is not None and other.labels_chance is not None
    assert other.labels > max(0.25, other.labels_chance)
    assert other.embedding > max(0.25, other.embedding_chance)
    assert other.shares["delivery"][1] == 1.0


def test_a_day_has_one_reading_and_a_version_one_reference(make_version: Make) -> None:
    version = make_version(stage="production")
    ask(version, "refund", 60)
    first = drift.read_drift(version.pk)
    with patch.object(drift, "_vectors", side_effect=AssertionError("read again")):
        assert drift.read_drift(version.pk) == first
    next_day = datetime(2026, 12, 31, tzinfo=UTC)
    with patch.object(drift, "_sum_up", side_effect=AssertionError("summed up again")):
        assert drift.read_drift(version.pk, now=next_day) is None  # what was asked is too long ago
    assert DriftReading.objects.count() == DriftReference.objects.count() == 1


def test_without_questions_what_was_imported_since_is_read(make_version: Make, approved: Project) -> None:
    approve(approved, 180)
    version = make_version(stage="production")
    assert drift.read_drift(version.pk) is None  # all that there is was trained on
    make_items(approved, 60, slots=0, payloads=[{"text": text_of("other", n)} for n in range(60)])
    reading = drift.read_drift(version.pk)
    assert reading is not None and (reading.source, reading.items) == ("items", 60)
    assert reading.labels is None and reading.embedding > reading.embedding_chance


def test_only_versions_in_production_without_a_reading_of_today_are_due(make_version: Make) -> None:
    make_version()
    version = make_version(stage="production")
    ask(version, "refund", 60)
    assert rounds.drift_due() == [version.pk]
    with patch.object(rounds.predict_drift, "delay") as asked:
        rounds.watch_drift()
    asked.assert_called_once_with(str(version.pk))
    rounds.predict_drift(str(version.pk))
    assert DriftReading.objects.count() == 1 and rounds.drift_due() == []


@pytest.mark.parametrize(
    ("head", "value", "labels"),
    [
        ("choice", ["a", "b"], {"a": 1, "b": 1}),
        ("choice", [{"turn": 0, "labels": ["a"]}, {"turn": 1, "label": "a"}], {"a": 2}),
        ("span", [{"turn": 0, "start": 0, "end": 3, "label": "q"}], {"q": 1}),
        ("scale", 0, {"0": 1}),
        ("scale", [{"turn": 0, "value": 0}], {"0": 1}),
        ("choice", None, {}),
        ("rank", ["x", "y"], {}),
        ("text", "Good day", {}),
    ],
)
def test_labels_of_every_form_of_answer(
    make_version: Make, head: str, value: Any, labels: dict[str, int]
) -> None:
    version = make_version()
    version.model.head = head
    assert drift.labels_of(version, [value]) == labels


def test_the_page_and_rest_show_the_days(
    make_version: Make, admin: User, stranger: User, redis_url: str
) -> None:
    version = make_version(stage="production")
    client = Client()
    client.force_login(admin)
    page = f"/models/{version.model.name}/drift/"
    assert "Not read yet" in client.get(page).content.decode()
    ask(version, "delivery", 60)
    drift.read_drift(version.pk)
    shown = client.get(page).content.decode()
    assert "Another population" in shown and "Stability index by day" in shown and "delivery" in shown
    rest = f"/api/v1/models/{version.model.name}/drift"
    [reading] = client_of(admin).get(rest).json()["results"]
    assert reading["items"] == 60 and reading["labels"]["shares"]["delivery"][1] == 1.0
    assert client_of(stranger).get(rest).status_code == 404
    client.force_login(stranger)
    assert client.get(page).status_code == 404
