"""Two who change a project at the same moment: neither undoes what the other did."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from common.errors import DomainError
from tasks_app.models import Item, Project
from tasks_app.services import designing, projects, slots
from tests.at_locks import wait_until_it_waits
from tests.tasks_app.conftest import add_items, fund, make_project, publish

RULES = "/projects/{}/design/rules/"
SETTINGS = "/projects/{}/settings/"


def shown_on(form):
    """What a browser sends of a page that nobody has touched, with what it showed."""
    sent = {}
    for field in form:
        value = field.value()
        if value is not None and value is not False and value != []:
            sent[field.html_name] = value
        if field.field.show_hidden_initial:
            sent[field.html_initial_name] = "" if value is None else value
    return sent


def refused_by(work: Future) -> str:
    try:
        work.result(timeout=60)
    except DomainError as refused:
        return refused.code
    return ""


@pytest.mark.django_db
def test_settings_saved_beside_the_start_of_a_pilot_leave_it_running(owner):
    stale = make_project(owner)
    add_items(stale, 3)
    fund(stale)
    designing.start_pilot(project=Project.objects.get(pk=stale.pk), items=1, actor=owner)
    projects.update_project(project=stale, actor=owner, title="Renamed", overlap_max=4)
    row = Project.objects.get(pk=stale.pk)
    assert (row.state, row.pilot_items, row.title, row.overlap_max) == ("published", 1, "Renamed", 4)
    assert row.published_at


@pytest.mark.django_db(transaction=True)
def test_settings_are_checked_against_what_another_saves_meanwhile(owner):
    project = make_project(owner, overlap_min=2, overlap_max=5)

    def at_least_five():
        try:
            projects.update_project(project=project, actor=owner, overlap_min=5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            projects.update_project(project=project, actor=owner, overlap_max=3)
            other = pool.submit(at_least_five)
            wait_until_it_waits()
        assert refused_by(other) == "invalid"
    project.refresh_from_db()
    assert (project.overlap_min, project.overlap_max) == (2, 3)


@pytest.mark.django_db(transaction=True)
def test_a_project_that_ends_meanwhile_is_not_published_again(owner):
    project = make_project(owner)
    add_items(project, 1)
    publish(project)
    projects.pause_project(project=project, actor=owner)
    stale = Project.objects.get(pk=project.pk)

    def again():
        try:
            projects.publish_project(project=stale, actor=owner)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            projects.finish_project(project=project, actor=owner)
            other = pool.submit(again)
            wait_until_it_waits()
        assert refused_by(other) == "finished"
    assert Project.objects.get(pk=project.pk).state == "finished"


@pytest.mark.django_db
@pytest.mark.parametrize("page", [RULES, SETTINGS])
def test_two_pages_open_at_once_save_only_what_was_changed_on_each(sign_in, owner, page):
    project = make_project(owner)
    client, place = sign_in(owner), page.format(project.pk)
    one, two = (shown_on(client.get(place).context["form"]) for _ in range(2))
    assert client.post(place, one | {"title": "By one"}).status_code == 302
    assert client.post(place, two | {"overlap_max": 4, "lease_seconds": 600}).status_code == 302
    project.refresh_from_db()
    assert (project.title, project.overlap_max, project.lease_seconds) == ("By one", 4, 600)


@pytest.mark.django_db
def test_an_old_settings_page_brings_no_old_fields_back(sign_in, owner):
    project = make_project(owner)
    client, place = sign_in(owner), SETTINGS.format(project.pk)
    old = shown_on(client.get(place).context["form"])
    newer = [{**project.schema_versions.get().fields[0], "name": "newer"}]
    projects.set_fields(project=project, fields=newer, actor=owner)
    assert client.post(place, old | {"title": "Renamed"}).status_code == 302
    assert project.schema_versions.latest("number").fields[0]["name"] == "newer"


@pytest.mark.django_db
def test_what_the_page_showed_travels_with_it(sign_in, owner):
    project = make_project(owner)
    text = sign_in(owner).get(SETTINGS.format(project.pk)).text
    assert 'name="initial-title" value="Support chats"' in text
    assert 'name="initial-gold_evidence" value="False"' in text


@pytest.mark.django_db
def test_another_privacy_policy_set_on_the_page_reads_the_texts_anew(sign_in, owner):
    from privacy.models import Rescan

    project = make_project(owner)
    add_items(project, 1)
    client, place = sign_in(owner), RULES.format(project.pk)
    shown = shown_on(client.get(place).context["form"])
    assert client.post(place, shown | {"privacy_policy": "mask"}).status_code == 302
    assert Rescan.objects.filter(project=project.pk).exists()


@pytest.mark.django_db
def test_a_slot_added_in_doubt_opens_nothing_behind_a_pilot(owner):
    project = make_project(owner)
    items = add_items(project, 3)
    fund(project)
    designing.start_pilot(project=project, items=1, actor=owner)
    first, second, labelled = (item.pk for item in items)
    Item.objects.filter(pk=labelled).update(state=Item.State.CLOSED)
    assert [slots.add_slot(item_id=pk) for pk in (first, second, labelled)] == [True, False, False]
    states = Item.objects.filter(project=project).order_by("position").values_list("state", "slots")
    assert list(states) == [("open", 3), ("waiting", 0), ("closed", 0)]
    designing.end_pilot(project=project, actor=owner)
    assert slots.add_slot(item_id=labelled)
