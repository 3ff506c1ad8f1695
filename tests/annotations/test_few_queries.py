"""Pages of a project ask the database a fixed number of times, however much there is."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import Role
from annotations import fair_rate
from annotations.models import Answer
from annotations.services.appeals import appeal_answer
from common.counts import Count
from tasks_app.models import Item, Project
from tests.annotations.crowd import answer
from tests.factories import CHOICE, make_items, make_project, make_user

pytestmark = pytest.mark.django_db

MOST = 15


@pytest.fixture
def project() -> Project:
    owner = make_user()
    roles.grant(owner, Role.REQUESTER)
    project = make_project(owner, fields=[CHOICE], overlap_min=1, overlap_max=1)
    make_items(project, 6)
    return project


def page_of(project: Project) -> Client:
    page = Client()
    page.force_login(project.owner)
    return page


def test_the_list_of_projects_does_not_ask_for_each(project, django_assert_max_num_queries) -> None:
    for _n in range(20):
        make_project(project.owner)
    page = page_of(project)
    page.get("/projects/")
    with django_assert_max_num_queries(10):
        assert page.get("/projects/").status_code == 200
    with django_assert_max_num_queries(10):
        assert page.get("/review/").status_code == 200


@pytest.mark.parametrize(
    "name", ["", "items/", "quality/", "people/", "review/", "gold/", "settings/", "money/"]
)
def test_a_page_of_a_project(project, name, django_assert_max_num_queries) -> None:
    page = page_of(project)
    url = f"/projects/{project.pk}/{name}"
    page.get(url)
    with django_assert_max_num_queries(MOST):
        assert page.get(url).status_code == 200


def test_four_appeals_cost_what_one_does(project, django_assert_max_num_queries) -> None:
    for item in Item.objects.filter(project=project)[:4]:
        worker = make_user()
        given = answer(item, worker, "refund")
        Answer.objects.filter(pk=given.pk).update(state=Answer.State.REJECTED, decided_at=given.created_at)
        given.refresh_from_db()
        appeal_answer(answer=given, text="I read it again.", actor=worker)
    page = page_of(project)
    url = f"/projects/{project.pk}/review/"
    assert page.get(url).content.decode().count("I read it again.") == 4
    with django_assert_max_num_queries(MOST):
        page.get(url)


def test_kept_figures_of_hours_say_when_they_were_counted(project, redis_url, monkeypatch) -> None:
    monkeypatch.setattr("common.counts._ask_anew", lambda *_asked: None)
    key = f"counts:{fair_rate._people_counted.name}:{project.pk}"
    cache.set(key, Count([], timezone.now() - timedelta(hours=9)))
    assert "counted anew in the background" in page_of(project).get(f"/projects/{project.pk}/money/").text
    cache.delete(key)
    assert "counted anew" not in page_of(project).get(f"/projects/{project.pk}/money/").text
