"""Asking first what the model doubts: priorities that follow the model, and a lot that does not."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from common.errors import Conflict, Invalid
from tasks_app.models import Item, Project
from tasks_app.services.projects import fund_project
from tests.factories import CHOICE, client_of, lease, make_items, make_project, make_user
from tests.training.conftest import WORDS, text_of
from training import ranking, splits
from training.models import ActiveLearning, ModelVersion
from training.services.active_learning import rank_now, set_active_learning, stop_active_learning

pytestmark = pytest.mark.django_db


@pytest.fixture
def base(tiny_encoder: Path, settings: Settings) -> Path:
    settings.BASE_MODEL = str(tiny_encoder)
    return tiny_encoder


@pytest.fixture
def learned(approved: Project, base: Path) -> Project:
    """A project with approved items, from which versions are trained, and money for more."""
    fund_project(project=approved, amount_minor=100_000, actor=approved.owner, key="more")
    return approved


@pytest.fixture
def open_project(base: Path) -> Project:
    """Sixty open items, twenty of each kind."""
    project = make_project(fields=[CHOICE], funds=100_000)
    fill(project, 60)
    return project


def fill(project: Project, number: int, *, start: int = 0) -> list[Item]:
    labels = list(WORDS)
    return [
        make_items(project, payloads=[{"text": text_of(labels[n % 3], n)}])[0]
        for n in range(start, start + number)
    ]


def turn_on(project: Project, **changes: Any) -> ActiveLearning:
    chosen = {"field": "intent", "batch": 12, "lot_share": 0.25, **changes}
    return set_active_learning(project=project, actor=project.owner, **chosen)


def ranked(project: Project) -> list[Item]:
    return list(Item.objects.filter(project=project, priority__gt=0).order_by("-priority"))


def held_out(item: Item) -> bool:
    return splits.is_held_out(str(item.pk), pin="", frozen=(), salt=str(item.project_id))


@pytest.mark.slow
def test_before_there_is_a_model_every_kind_is_asked_about(open_project: Project) -> None:
    wish = turn_on(open_project)
    ranking.rank(wish.pk)
    wish.refresh_from_db()
    assert (wish.state, wish.reason, wish.pool, wish.chosen, wish.by_lot) == ("idle", "", 60, 12, 3)
    assert wish.version is None and wish.mean_doubt is None
    chosen = ranked(open_project)
    assert len(chosen) == 12
    assert {label for label in WORDS for item in chosen if WORDS[label] in item.payload["text"]} == set(WORDS)
    open_project.refresh_from_db()
    assert open_project.sampling == Project.Sampling.PRIORITY


@pytest.mark.slow
def test_what_the_model_doubts_is_claimed_first(
    make_version: Callable[..., ModelVersion], learned: Project
) -> None:
    version = make_version(stage="production")
    plain = fill(learned, 30, start=200)
    odd = [make_items(learned, payloads=[{"text": f"sunday lamp parcel {n}"}])[0] for n in range(8)]
    wish = turn_on(learned, batch=10, lot_share=0.05)
    ranking.rank(wish.pk)
    wish.refresh_from_db()
    assert wish.version == version and 0 < wish.mean_doubt < 1
    first = ranked(learned)
    doubted = {item.pk for item in odd if not held_out(item)}
    share_of_odd = sum(item.pk in doubted for item in first) / len(first)
    assert share_of_odd > len(odd) / (len(plain) + len(odd)), "no better than by lot"
    person = client_of(make_user())
    claimed = person.post(f"/api/v1/projects/{learned.pk}/claim", {"count": 1}, format="json")
    assert claimed.json()["assignments"][0]["item"]["id"] == str(first[0].pk)


@pytest.mark.slow
def test_the_next_choice_forgets_the_last_and_finishes_what_was_begun(open_project: Project) -> None:
    wish = turn_on(open_project)
    ranking.rank(wish.pk)
    begun, *untouched = ranked(open_project)
    lease(begun, make_user())
    fill(open_project, 3, start=100)
    rank_now(wish=wish, actor=open_project.owner)
    ranking.rank(wish.pk)
    now = ranked(open_project)
    assert now[0].pk == begun.pk and now[0].priority == ranking.STARTED
    assert len(now) == 13
    assert all(0 < item.priority <= 12 for item in now[1:])


@pytest.mark.slow
def test_a_new_version_or_an_empty_basket_makes_a_new_choice(
    make_version: Callable[..., ModelVersion], learned: Project
) -> None:
    fill(learned, 40, start=300)
    wish = turn_on(learned, batch=10)
    ranking.rank(wish.pk)
    assert ranking.due() == []
    for item in ranked(learned)[:8]:
        Item.objects.filter(pk=item.pk).update(taken=1)
    assert ranking.due() == [wish.pk]
    ranking.rank(wish.pk)
    assert ranking.due() == []
    make_version()
    assert ranking.due() == [wish.pk]
    ranking.rank(wish.pk)
    assert ranking.due() == []


def test_a_model_that_cannot_be_read_fails_with_a_reason_and_is_tried_again(
    make_version: Callable[..., ModelVersion], learned: Project
) -> None:
    version = make_version(stage="production")
    (version.folder / "head.json").write_text("{}", encoding="utf-8")
    fill(learned, 5, start=300)
    wish = turn_on(learned, batch=10)
    ranking.rank(wish.pk)
    wish.refresh_from_db()
    assert wish.state == "failed" and "head" in wish.reason
    assert ranking.due() == []
    ActiveLearning.objects.update(ranked_at=timezone.now() - timedelta(hours=1))
    assert ranking.due() == [wish.pk]


def test_a_lost_worker_s_ranking_writes_nothing_any_more(
    open_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = turn_on(open_project)
    survey = ranking._survey

    def overtaken(*arguments: Any) -> Any:
        found = survey(*arguments)
        ActiveLearning.objects.filter(pk=wish.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
        assert ranking.due() == [wish.pk]
        return found

    monkeypatch.setattr(ranking, "_survey", overtaken)
    ranking.rank(wish.pk)
    assert ranked(open_project) == []
    wish.refresh_from_db()
    assert wish.state == "queued"


def test_other_settings_overrule_a_ranking_under_way(
    open_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = turn_on(open_project)
    survey = ranking._survey

    def changed(*arguments: Any) -> Any:
        found = survey(*arguments)
        turn_on(open_project, batch=20)
        return found

    monkeypatch.setattr(ranking, "_survey", changed)
    ranking.rank(wish.pk)
    assert ranked(open_project) == []
    monkeypatch.setattr(ranking, "_survey", survey)
    ranking.rank(wish.pk)
    assert len(ranked(open_project)) == 20


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_rank_once(open_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = turn_on(open_project)
    began: list[int] = []
    gate = threading.Barrier(2)
    do = ranking._rank

    def counted(*arguments: Any) -> None:
        began.append(1)
        do(*arguments)

    monkeypatch.setattr(ranking, "_rank", counted)

    def work() -> None:
        gate.wait()
        ranking.rank(wish.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert began == [1]


def test_gold_is_never_chosen(open_project: Project) -> None:
    Item.objects.filter(project=open_project).update(gold={"intent": "refund"})
    wish = turn_on(open_project)
    (wish.folder / "of-a-killed-worker").mkdir(parents=True)
    ranking.rank(wish.pk)
    assert list(wish.folder.iterdir()) == []  # the texts that it had written are gone too
    wish.refresh_from_db()
    assert (wish.pool, wish.chosen, wish.state) == (0, 0, "idle")


def test_turning_it_off_asks_in_the_order_of_import_again(open_project: Project) -> None:
    wish = turn_on(open_project)
    ranking.rank(wish.pk)
    stop_active_learning(project=open_project, actor=open_project.owner)
    open_project.refresh_from_db()
    assert open_project.sampling == Project.Sampling.ORDERED
    assert ranked(open_project) == []
    with pytest.raises(Conflict):
        stop_active_learning(project=open_project, actor=open_project.owner)


def test_settings_are_checked_with_pointers(open_project: Project) -> None:
    with pytest.raises(Invalid) as refused:
        turn_on(open_project, field="nothing", batch=3, lot_share=0)
    assert [problem.pointer for problem in refused.value.problems] == ["/field", "/batch", "/lot_share"]
    assert not ActiveLearning.objects.exists()


def test_over_rest(open_project: Project, stranger: User) -> None:
    path = f"/api/v1/projects/{open_project.pk}/active-learning"
    client = client_of(open_project.owner)
    assert client.get(path).json() == {"on": False}
    assert client.post(f"{path}/rank").status_code == 404
    set_ = client.put(path, {"field": "intent", "batch": 15}, format="json")
    assert set_.status_code == 200 and set_.json()["batch"] == 15 and set_.json()["lot_share"] == 0.25
    assert client.put(path, {"field": "nothing"}, format="json").status_code == 422
    again = client.post(f"{path}/rank", HTTP_IDEMPOTENCY_KEY="once")
    assert again.status_code == 202 and again.json()["state"] == "queued"
    assert client_of(stranger).get(path).status_code == 404
    assert client_of(stranger).put(path, {"field": "intent"}, format="json").status_code == 404
    assert client.delete(path).status_code == 204
    assert client.get(path).json() == {"on": False}


@pytest.mark.slow
def test_the_page_turns_it_on_and_shows_what_comes_next(open_project: Project, client: Any) -> None:
    client.force_login(open_project.owner)
    path = f"/projects/{open_project.pk}/active-learning/"
    assert "Turn on" in client.get(path).content.decode()
    said = client.post(path, {"field": "intent", "batch": 12, "lot_percent": 25})
    assert said.status_code == 302
    wish = ActiveLearning.objects.get()
    assert "waiting for a worker" in client.get(path).content.decode()
    ranking.rank(wish.pk)
    shown = client.get(path).content.decode()
    assert "There is no model yet" in shown and ranked(open_project)[0].payload["text"] in shown
    assert client.post(path, {"field": "intent", "batch": 1, "lot_percent": 25}).status_code == 422
    assert client.post(f"{path}rank/").status_code == 302
    assert client.post(f"{path}stop/").status_code == 302
    client.force_login(make_user())
    assert client.get(path).status_code == 404
