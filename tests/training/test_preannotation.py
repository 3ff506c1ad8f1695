"""Suggestions made ahead: whole, once, resumable, and telling nobody which items are gold."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User
from accounts.roles import grant
from annotations.models import Suggestion
from common.errors import Conflict
from tasks_app.models import Item
from tasks_app.suggesting import suggestions_for
from tests.factories import client_of, make_items, make_user
from tests.training.conftest import WORDS, text_of
from training import background, preannotating, tasks
from training.models import ModelVersion, Preannotation
from training.services.preannotations import cancel_preannotation, start_preannotation

Make = Callable[..., ModelVersion]


@pytest.fixture
def version(make_version: Make) -> ModelVersion:
    return make_version(stage="production")


@pytest.fixture
def waiting(version: ModelVersion) -> list[Item]:
    """Ten items that nobody has answered; those of the snapshot are closed."""
    project = version.model.project
    Item.objects.filter(project=project).update(state=Item.State.CLOSED)
    labels = list(WORDS)
    texts = [text_of(labels[n % 3], 500 + n) for n in range(10)]
    return [make_items(project, slots=0, payloads=[{"text": text}])[0] for text in texts]


def test_open_items_get_the_versions_answers(version: ModelVersion, waiting: list[Item], admin: User) -> None:
    wish = start_preannotation(version=version, actor=admin, share=1.0)
    preannotating.execute(wish.pk)
    wish.refresh_from_db()
    assert (wish.state, wish.total, wish.seen, wish.suggested) == ("done", 10, 10, 10)
    shown = suggestions_for([item.pk for item in waiting])
    assert [shown[item.pk]["intent"]["value"] for item in waiting] == [list(WORDS)[n % 3] for n in range(10)]
    assert all(0 < shown[item.pk]["intent"]["confidence"] <= 1 for item in waiting)
    assert shown[waiting[0].pk]["intent"]["source"] == f"{version.model.name} v{version.number}"


def test_answered_items_are_left_alone_and_gold_is_not(
    version: ModelVersion, waiting: list[Item], admin: User
) -> None:
    """Gold is answered again and again; without a suggestion it would be known by that."""
    Item.objects.filter(pk__in=[waiting[0].pk, waiting[1].pk]).update(slots=3, taken=1, submitted=1)
    Item.objects.filter(pk=waiting[1].pk).update(gold={"intent": "refund"})
    preannotating.execute(start_preannotation(version=version, actor=admin, share=1.0).pk)
    suggested = set(Suggestion.objects.values_list("item_id", flat=True))
    assert waiting[0].pk not in suggested and waiting[1].pk in suggested and len(suggested) == 9


def test_a_random_rest_stays_without_for_every_version(
    make_version: Make, version: ModelVersion, waiting: list[Item], admin: User
) -> None:
    preannotating.execute(start_preannotation(version=version, actor=admin, share=0.5).pk)
    first = set(Suggestion.objects.values_list("item_id", flat=True))
    assert first == {item.pk for item in waiting if preannotating.is_drawn(item.pk, 0.5)}
    preannotating.execute(start_preannotation(version=make_version(), actor=admin, share=0.5).pk)
    assert set(Suggestion.objects.values_list("item_id", flat=True)) == first
    drawn = sum(preannotating.is_drawn(uuid.uuid4(), 0.3) for _ in range(4000))
    assert 1000 < drawn < 1400


def test_a_killed_worker_is_followed_by_another(
    version: ModelVersion, waiting: list[Item], admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preannotating, "CHUNK", 4)
    asked: list[int] = []
    real = preannotating.serving.answers_in_background

    def dies_at_the_second(version: ModelVersion, payloads: Any) -> Any:
        asked.append(len(payloads))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(version, payloads)

    monkeypatch.setattr(preannotating.serving, "answers_in_background", dies_at_the_second)
    wish = start_preannotation(version=version, actor=admin, share=1.0)
    with pytest.raises(KeyboardInterrupt):
        preannotating.execute(wish.pk)
    wish.refresh_from_db()
    assert (wish.state, wish.seen, Suggestion.objects.count()) == ("running", 4, 4)
    preannotating.execute(wish.pk)  # a second delivery while the first seems alive
    assert len(asked) == 2
    Preannotation.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1), queued_at=timezone.now())
    background.take_back_lost(Preannotation)
    preannotating.execute(wish.pk)
    wish.refresh_from_db()
    assert (wish.state, wish.seen, wish.suggested, sum(asked)) == ("done", 10, 10, 14)
    assert Suggestion.objects.count() == 10


def test_who_has_lost_it_writes_nothing_more(
    version: ModelVersion, waiting: list[Item], admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = start_preannotation(version=version, actor=admin, share=1.0)
    real = preannotating.serving.answers_in_background

    def cancelled_meanwhile(version: ModelVersion, payloads: Any) -> Any:
        cancel_preannotation(wish=wish, actor=admin)
        return real(version, payloads)

    monkeypatch.setattr(preannotating.serving, "answers_in_background", cancelled_meanwhile)
    preannotating.execute(wish.pk)
    wish.refresh_from_db()
    assert wish.state == "cancelled" and not Suggestion.objects.exists()
    with pytest.raises(Conflict):
        cancel_preannotation(wish=wish, actor=admin)


def test_it_gives_its_turn_to_others_and_goes_on(
    version: ModelVersion, waiting: list[Item], admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preannotating, "CHUNK", 4)
    monkeypatch.setattr(preannotating, "TURN", -1.0)
    wish = start_preannotation(version=version, actor=admin, share=1.0)
    assert preannotating.execute(wish.pk) is True
    wish.refresh_from_db()
    assert wish.state == "queued"


def test_one_at_a_time_and_through_rest(
    version: ModelVersion, waiting: list[Item], admin: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[str] = []
    monkeypatch.setattr(tasks.predict_suggestions, "apply_async", lambda args, **_: queued.append(args[0]))
    url = f"/api/v1/models/{version.model.name}/versions/{version.number}/suggest"
    assert client_of(stranger).post(url, {}).status_code == 404
    requester = make_user("requester")  # of the site: may ask this model, and changes no project of others
    grant(requester, Role.REQUESTER)
    assert client_of(requester).post(url, {}).status_code == 404
    assert client_of(admin).post(url, {"share": 0}).status_code == 422
    first = client_of(admin).post(url, {"share": 1}, headers={"Idempotency-Key": "a"})
    again = client_of(admin).post(url, {"share": 1}, headers={"Idempotency-Key": "a"})
    assert first.status_code == again.status_code == 202 and first.json()["id"] == again.json()["id"]
    assert client_of(admin).post(url, {}).status_code == 409
    shown = f"/api/v1/suggestions/{first.json()['id']}"
    assert client_of(stranger).get(shown).status_code == 404
    assert client_of(requester).post(f"{shown}/cancel").status_code == 404
    assert client_of(stranger).post(f"{shown}/cancel").status_code == 404
    owner = version.model.project.owner
    assert client_of(owner).get(shown).json()["total"] == 10
    assert client_of(owner).post(f"{shown}/cancel").json()["state"] == "cancelled"
    assert client_of(admin).post(url, {}).status_code == 202


def test_nothing_open_is_a_conflict(version: ModelVersion, admin: User) -> None:
    Item.objects.update(state=Item.State.CLOSED)
    with pytest.raises(Conflict):
        start_preannotation(version=version, actor=admin)


def test_the_pages_button_and_its_progress(
    version: ModelVersion, waiting: list[Item], admin: User, client: Any
) -> None:
    client.force_login(admin)
    page = f"/models/{version.model.name}/"
    assert client.post(f"{page}versions/{version.number}/suggest/", {"percent": "100"}).status_code == 302
    shown = client.get(f"{page}serving/")
    assert b'hx-trigger="every 5s"' in shown.content and b"0 of 10 items" in shown.content
    wish = Preannotation.objects.get()
    preannotating.execute(wish.pk)
    assert b"10 of 10 items, 10 suggestions" in client.get(page).content
    assert client.post(f"{page}suggestions/{wish.pk}/cancel/").status_code == 409
