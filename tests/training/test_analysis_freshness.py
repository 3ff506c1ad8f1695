"""Pages of a project with a million items: none of them reads all of these, and what they say stays right."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.models import Answer, WorkerSkill
from tasks_app.models import Item, Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym
from tests.factories import make_items, make_user
from training import analysis_filter, analysis_freshness, analysis_page, tasks
from training.analysis_data import data_hash
from training.analysis_filter import Filter, annotators_of, items_of
from training.models import Analysis
from training.services.analysis import ask_analysis


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Any project is a large one; returns those whose hash was asked for in the background."""
    asked: list[str] = []
    monkeypatch.setattr(analysis_freshness, "FEW", 0)
    monkeypatch.setattr(analysis_filter, "FEW", -1)
    monkeypatch.setattr(analysis_page, "enqueue_soon", lambda _task, project: asked.append(project))
    monkeypatch.setattr(tasks.predict_analysis, "apply_async", lambda *_a, **_k: None)
    cache.clear()
    return asked


def asked_for(project: Project) -> Analysis:
    wish = ask_analysis(project=project, actor=None)
    Analysis.objects.filter(pk=wish.pk).update(state="done")
    wish.refresh_from_db()
    return wish


def test_a_small_project_is_looked_at_at_once(approved: Project) -> None:
    wish = asked_for(approved)
    assert not analysis_page.is_outdated(wish)
    make_items(approved, 1, slots=0)
    assert analysis_page.is_outdated(wish)


def test_of_a_large_one_the_page_shows_what_was_known_a_moment_ago(
    approved: Project, large: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = asked_for(approved)
    make_items(approved, 1, slots=0)
    # The ask has noted its own hash: known, and young enough.
    assert not analysis_page.is_outdated(wish) and large == []
    monkeypatch.setattr(analysis_freshness, "REFRESH", -1.0)
    assert not analysis_page.is_outdated(wish) and large == [str(approved.pk)]
    tasks.hash_analysed_data(large[0])
    assert analysis_page.is_outdated(wish)


def test_what_is_not_known_is_not_said(approved: Project, large: list[str]) -> None:
    wish = asked_for(approved)
    cache.clear()
    make_items(approved, 1, slots=0)
    assert not analysis_page.is_outdated(wish) and large == [str(approved.pk)]


def test_it_is_hashed_once_however_often_it_was_asked_for(
    approved: Project, large: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Any] = []

    def count(project: Project, snapshot: None) -> str:
        hashed.append(project)
        return data_hash(project, snapshot)

    monkeypatch.setattr(analysis_freshness, "data_hash", count)
    for _time in range(3):
        tasks.hash_analysed_data(str(approved.pk))
    assert len(hashed) == 1


def test_the_page_reads_neither_all_items_nor_all_answers(
    approved: Project, large: list[str], client: Client
) -> None:
    asked_for(approved)
    client.force_login(approved.owner)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/projects/{approved.pk}/analysis/").status_code == 200
    said = [one["sql"] for one in asked.captured_queries]
    assert not [sql for sql in said if "hashtextextended" in sql]
    for table in ("annotations_answer", "tasks_app_item", "annotations_consensus"):
        for sql in (one for one in said if f'FROM "{table}"' in one):
            assert "LIMIT" in sql, sql


def test_annotators_of_a_large_project_are_those_who_began_or_were_measured(
    approved: Project, large: list[str]
) -> None:
    began, measured, neither = (make_user(name) for name in ("began", "measured", "neither"))
    WorkerProgress.objects.create(project=approved, worker=began, claimed=3)
    WorkerProgress.objects.create(project=approved, worker=neither, claimed=0)
    WorkerSkill.objects.create(project=approved, worker=measured, field="intent", accuracy=0.5)
    named = [pseudonym(approved.pk, one.pk) for one in (began, measured)]
    assert annotators_of(approved) == sorted(named)


def test_whoever_is_not_listed_can_still_be_asked_for(approved: Project, large: list[str]) -> None:
    item = Item.objects.filter(project=approved).earliest("position")
    worker = make_user("imported")
    version = approved.schema_versions.get(number=1)
    Answer.objects.create(
        project=approved, item=item, worker=worker, schema_version=version, value={}, seconds=1,
        source="imported",
    )  # fmt: skip
    name = pseudonym(approved.pk, worker.pk)
    assert name not in annotators_of(approved)
    assert list(items_of(approved, Filter(annotator=name))) == [item]
