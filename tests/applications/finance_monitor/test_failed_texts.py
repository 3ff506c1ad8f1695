"""Texts that a model cannot read: tried again for a while, shown with the reason, and never in the way."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from applications.finance_monitor import reading, tasks
from applications.finance_monitor.models import Monitor, NewsText
from applications.finance_monitor.services.texts import Incoming, push_texts
from common.errors import Invalid
from tasks_app.models import Project
from tests.applications.finance_monitor.conftest import NOW
from tests.factories import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def refusing(reader: list[str], monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What the model answers to a text with the word poison in it; empty it, and the model is mended."""
    errors: list[Exception] = [Invalid("It cannot be read.")]
    usual = reading.asking.ask

    def ask(*, items: Sequence[Any], **more: Any) -> Any:
        if errors and any("poison" in item["text"] for item in items):
            raise errors[0]
        return usual(items=items, **more)

    monkeypatch.setattr(reading.asking, "ask", ask)
    return errors


def pushed(monitor: Monitor, *texts: str) -> None:
    push_texts(monitor=monitor, texts=[Incoming(text, NOW) for text in texts])


def test_it_is_tried_again_with_growing_pauses_and_then_given_up(
    monitor: Monitor, refusing: list[Exception]
) -> None:
    pushed(monitor, "poison")
    pauses = []
    for _time in range(len(reading.PAUSES)):
        reading.read_waiting(monitor.pk)
        assert reading.read_waiting(monitor.pk) == 0  # not again before its time
        text = NewsText.objects.get()
        pauses.append(round((text.retry_at - timezone.now()).total_seconds() / 3600))
        NewsText.objects.update(retry_at=timezone.now())
    reading.read_waiting(monitor.pk)
    text.refresh_from_db()
    assert pauses == [1, 6, 24, 168]
    assert (text.state, text.retry_at, text.attempts) == ("failed", None, 5)


def test_a_model_that_can_read_it_later_does(monitor: Monitor, refusing: list[Exception]) -> None:
    pushed(monitor, "poison")
    reading.read_waiting(monitor.pk)
    refusing.clear()
    NewsText.objects.update(retry_at=timezone.now())
    assert reading.read_waiting(monitor.pk) == 1
    assert NewsText.objects.values_list("state", "problem").get() == ("read", "")


def test_the_round_in_the_background_finds_those_that_are_due(
    monitor: Monitor, refusing: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    pushed(monitor, "poison")
    reading.read_waiting(monitor.pk)
    monkeypatch.setattr(tasks.predict_texts, "delay", asked.append)
    tasks.read_waiting_texts()
    NewsText.objects.update(retry_at=timezone.now())
    tasks.read_waiting_texts()
    assert asked == [str(monitor.pk)]


def test_a_text_at_which_the_model_breaks_keeps_no_other_waiting(
    monitor: Monitor, refusing: list[Exception]
) -> None:
    refusing[0] = RuntimeError("shape mismatch")
    pushed(monitor, "poison", "fine", "also fine")
    assert reading.read_waiting(monitor.pk) == 2
    assert NewsText.objects.get(state="failed").text == "poison"


def test_a_model_that_breaks_at_everything_leaves_the_texts_waiting(
    monitor: Monitor, refusing: list[Exception]
) -> None:
    refusing[0] = RuntimeError("no memory")
    pushed(monitor, *(f"poison {n}" for n in range(reading.MOST_FAILURES + 5)))
    assert reading.read_waiting(monitor.pk) == 0
    assert NewsText.objects.filter(state="waiting").count() == 5


def test_a_lost_database_is_no_fault_of_a_text(monitor: Monitor, refusing: list[Exception]) -> None:
    refusing[0] = DatabaseError("gone")
    pushed(monitor, "poison")
    with pytest.raises(DatabaseError):
        reading.read_waiting(monitor.pk)
    assert NewsText.objects.get().state == "waiting"


def test_the_page_and_rest_say_how_many_and_why_and_have_them_tried_again(
    monitor: Monitor, refusing: list[Exception], project: Project, owner: User, client: Client
) -> None:
    pushed(monitor, "poison 1", "poison 2", "fine")
    reading.read_waiting(monitor.pk)
    api = client_of(owner)
    path = f"/api/v1/projects/{project.pk}/finance-monitor"
    told = api.get(f"{path}/series").json()["failed"]
    assert told == {"texts": 2, "tried_again": 2, "reasons": ["It cannot be read."]}
    client.force_login(owner)
    page = client.get(f"/projects/{project.pk}/finance-monitor/").content.decode()
    assert "2 texts could not be read." in page and "It cannot be read." in page
    refusing.clear()
    assert client.post(f"/projects/{project.pk}/finance-monitor/texts/retry/").status_code == 302
    assert reading.read_waiting(monitor.pk) == 2
    assert api.post(f"{path}/texts/retry").json() == {"texts": 0}
    page = client.get(f"/projects/{project.pk}/finance-monitor/").content.decode()
    assert "could not be read" not in page
