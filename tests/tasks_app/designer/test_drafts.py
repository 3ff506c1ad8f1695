"""Two people write a project's fields at the same time: each has a draft, and nobody's text is lost."""

import json

import pytest
from django.test import Client

from accounts.models import Role
from accounts.roles import grant
from tasks_app.models import Project, SchemaDraft
from tasks_app.services import departing, designing
from tests.factories import CHOICE, make_project, make_user

pytestmark = pytest.mark.django_db
HERS = json.dumps([{**CHOICE, "name": "hers"}])
HIS = json.dumps([CHOICE, {**CHOICE, "name": "his", "title": "What he asks"}])


@pytest.fixture
def olga():
    user = make_user("olga")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def draft(olga):
    return make_project(olga, state=Project.State.DRAFT)


@pytest.fixture
def otto(draft):
    user = make_user("otto")
    grant(user, Role.REQUESTER, draft.pk)
    return user


def session_of(user):
    client = Client()
    client.force_login(user)
    return client


def test_each_of_two_keeps_a_draft_of_their_own(draft, olga, otto):
    hers, his, page = session_of(olga), session_of(otto), f"/projects/{draft.pk}/design/"
    for client, text in ((hers, HERS), (his, HIS)):
        assert client.post(page + "draft/", {"text": text, "base": 1}).status_code == 204
    assert [client.get(page).context["text"] for client in (hers, his)] == [HERS, HIS]
    assert "olga has a draft of their own" in his.get(page).text
    assert "What he asks" in hers.get(page).text


def test_who_saves_second_is_told_and_chooses(draft, olga, otto):
    hers, his, page = session_of(olga), session_of(otto), f"/projects/{draft.pk}/design/"
    assert hers.post(page, {"text": HERS, "base": 1, "go": ""}).status_code == 302
    told = his.post(page, {"text": HIS, "base": 1, "go": "next"})
    assert told.status_code == 409
    assert "Version 2 was saved while you wrote" in told.text
    assert [one["change"].field for one in told.context["newer_changes"]] == ["intent", "his", "hers"]
    # It stays so until he has chosen: neither a reload nor another press of Save decides for him.
    assert "Version 2 was saved while you wrote" in his.get(page).text
    assert his.post(page, {"text": HIS, "base": 1, "go": ""}).status_code == 409
    assert his.post(page, {"text": HIS, "base": 1, "over": 2}).status_code == 302
    names = [[one["name"] for one in row.fields] for row in draft.schema_versions.order_by("number")]
    assert names[1:] == [["hers"], ["intent", "his"]]


def test_who_has_seen_an_older_one_is_told_of_the_next(draft, olga, otto):
    designing.save_fields(project=draft, text=HERS, base=1, actor=olga)
    designing.save_fields(project=draft, text=json.dumps([CHOICE]), base=2, actor=olga)
    told = session_of(otto).post(f"/projects/{draft.pk}/design/", {"text": HIS, "base": 1, "over": 2})
    assert told.status_code == 409
    assert "Version 3 was saved while you wrote" in told.text


def test_theirs_is_taken_by_dropping_ones_own_draft_alone(draft, olga, otto):
    his, page = session_of(otto), f"/projects/{draft.pk}/design/"
    his.post(page + "draft/", {"text": HIS, "base": 1})
    session_of(olga).post(page + "draft/", {"text": HERS, "base": 1})
    designing.save_fields(
        project=draft, text=json.dumps([CHOICE, CHOICE | {"name": "b"}]), base=1, actor=draft.owner
    )
    for _ in range(2):
        assert his.post(page + "drop/").status_code == 302
    assert not SchemaDraft.objects.filter(person=otto).exists()
    shown = his.get(page)
    assert [one["name"] for one in json.loads(shown.context["text"])] == ["intent", "b"]
    assert shown.context["newer"] is None


def test_a_text_that_cannot_be_read_is_still_shown_to_its_writer(draft, olga, otto):
    hers, page = session_of(olga), f"/projects/{draft.pk}/design/"
    hers.post(page + "draft/", {"text": "[{", "base": 1})
    designing.save_fields(project=draft, text=HIS, base=1, actor=otto)
    shown = hers.get(page)
    assert shown.context["text"] == "[{"
    assert "nothing to compare" in shown.text


def test_a_stranger_drops_nothing_and_who_leaves_takes_the_draft_along(draft, olga, otto):
    designing.keep_draft(project=draft, person=otto, text=HIS, base=1)
    assert session_of(make_user("stranger")).post(f"/projects/{draft.pk}/design/drop/").status_code == 404
    assert departing.leave_everything(otto)["drafts"] == 1
