"""The page of items: by position instead of offset, searches that say how far they came."""

import json
import re

import pytest
from django.test import Client

from tasks_app import item_pages, selectors
from tasks_app.item_pages import item_page, search_items
from tasks_app.models import Item, Project
from tests.factories import make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(monkeypatch) -> Project:
    monkeypatch.setattr(item_pages, "SIZE", 3)
    project = make_project()
    make_items(project, 8, payloads=[{"text": f"Where is parcel {n}?"} for n in range(8)])
    return project


def texts(items) -> list[str]:
    return [re.findall(r"\d+", item.payload["text"])[0] for item in items]


def test_pages_follow_one_another_both_ways(project) -> None:
    first = item_page(project, state="", after=None, before=None)
    assert texts(first.items) == ["0", "1", "2"] and first.before is None and first.total == 8
    second = item_page(project, state="", after=first.after, before=None)
    assert texts(second.items) == ["3", "4", "5"]
    last = item_page(project, state="", after=second.after, before=None)
    assert texts(last.items) == ["6", "7"] and last.after is None
    back = item_page(project, state="", after=None, before=last.before)
    assert texts(back.items) == ["3", "4", "5"]
    start = item_page(project, state="", after=None, before=back.before)
    assert texts(start.items) == ["0", "1", "2"] and start.before is None and start.after is not None


def test_of_one_state(project) -> None:
    chosen = list(Item.objects.filter(project=project).order_by("position")[2:6])
    Item.objects.filter(pk__in=[item.pk for item in chosen]).update(state="closed")
    found = item_page(project, state="closed", after=None, before=None)
    assert texts(found.items) == ["2", "3", "4"] and found.total == 4
    assert item_page(project, state="withdrawn", after=None, before=None).items == []


def test_a_search_ends_when_all_is_read(project) -> None:
    found = search_items(project, words="PARCEL 4", state="", after=None)
    assert texts(found.items) == ["4"] and found.on is None and found.looked == found.total == 8


def test_a_search_goes_on_where_it_had_enough(project) -> None:
    found = search_items(project, words="parcel", state="", after=None, enough=3)
    assert texts(found.items) == ["0", "1", "2"] and found.on == found.items[-1].position
    rest = search_items(project, words="parcel", state="", after=found.on, enough=9)
    assert texts(rest.items) == ["3", "4", "5", "6", "7"] and rest.on is None


def test_a_search_stops_in_time_and_says_how_far_it_came(project, monkeypatch) -> None:
    monkeypatch.setattr(item_pages, "_CHUNK", 2)
    monkeypatch.setattr(item_pages, "SEARCH_SECONDS", 0.0)
    assert search_items(project, words="7?", state="", after=None).looked == 0
    seen, on, looked = [], None, 0
    monkeypatch.setattr(item_pages, "SEARCH_SECONDS", 10.0)
    found = search_items(project, words="7?", state="", after=on, looked=looked)
    seen += texts(found.items)
    assert seen == ["7"] and found.on is None


def test_an_id_is_found_at_once_and_once(project) -> None:
    item = Item.objects.filter(project=project).order_by("position").last()
    item.external_id = "order-4711"
    item.save(update_fields=["external_id"])
    found = search_items(project, words="order-4711", state="", after=None)
    assert [one.pk for one in found.items] == [item.pk]


def test_beside_the_item_of_that_id_no_match_is_passed_over(project) -> None:
    Item.objects.filter(pk=Item.objects.filter(project=project).earliest("position").pk).update(
        external_id="parcel"
    )
    found = search_items(project, words="parcel", state="", after=None, enough=3)
    rest = search_items(project, words="parcel", state="", after=found.on, enough=9)
    assert texts(found.items) + texts(rest.items) == [str(n) for n in range(8)]


def test_the_page_of_a_search_reads_on_by_itself(monkeypatch) -> None:
    monkeypatch.setattr(item_pages, "_CHUNK", 2)
    monkeypatch.setattr(item_pages, "SEARCH_SECONDS", 0.0)
    owner = make_user()
    project = make_project(owner)
    make_items(project, 6)
    page = Client()
    page.force_login(owner)
    url = f"/projects/{project.pk}/items/"
    html = page.get(url, {"q": "nothing like it"}).content.decode()
    assert 'hx-trigger="load"' in html and "0 of 6 items are read." in html
    monkeypatch.setattr(item_pages, "SEARCH_SECONDS", 10.0)
    [more] = re.findall(r'hx-get="(\?q=[^"]+)"', html)
    rows = page.get(url + more.replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert "<table" not in rows and "Nothing matches." in rows


@pytest.mark.parametrize(
    "query", ["after=x", "before=-1", "after=99999999999999999999", "found=²&q=a&after=1"]
)
def test_a_wrong_place_is_the_beginning(query) -> None:
    owner = make_user()
    project = make_project(owner)
    page = Client()
    page.force_login(owner)
    assert page.get(f"/projects/{project.pk}/items/?{query}").status_code == 200


def test_ids_and_words_are_escaped() -> None:
    owner = make_user()
    project = make_project(owner)
    make_items(project, 1, payloads=[{"text": "<b>loud</b>"}])
    page = Client()
    page.force_login(owner)
    html = page.get(f"/projects/{project.pk}/items/", {"q": '<b>"'}).content.decode()
    assert '<b>"' not in html and json.dumps(html)


def test_the_catalogue_counts_no_further_than_it_shows() -> None:
    project, other = make_project(), make_project()
    for one in (project, other):
        make_items(one, 4)
    person = make_user()
    assert {entry.items_left for entry in selectors.catalogue(person, most=3)} == {3}
    [entry] = selectors.catalogue(person, only=project.pk)
    assert entry.project == project and entry.items_left == 4
