"""Looking at originals: who may, for a reason, on record, not too often, and nowhere kept."""

import threading

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts import roles
from accounts.models import Role
from common.errors import TooManyRequests
from common.models import AuditEvent, IdempotencyRecord
from privacy.models import VaultAccess
from privacy.services import vault
from tasks_app.models import Project
from tests.factories import client_of, make_user
from tests.privacy.conftest import REASON, item, load

VALUE = "anna.smith@example.com"


@pytest.fixture
def sealed(project, vault_key):
    load(project, {"id": "a1", "text": f"Write to {VALUE} please."}, {"id": "a2", "text": "Hello there."})
    return item("a1")


@pytest.fixture
def people(project):
    found = {"owner": project.owner, "stranger": make_user("stranger")}
    for name, role, scope in (
        ("admin", Role.ADMIN, None), ("requester", Role.REQUESTER, project.pk),
        ("reviewer", Role.REVIEWER, project.pk), ("other requester", Role.REQUESTER, None),
    ):  # fmt: skip
        found[name] = make_user(name)
        roles.grant(found[name], role, scope)
    return found


def ask(user, row, reason=REASON):
    return client_of(user).post(f"/api/v1/items/{row.pk}/reveal", {"reason": reason})


def page_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("may", "allowed"),
    [
        ("owner", {"owner", "admin"}),
        ("requesters", {"owner", "admin", "requester"}),
        ("reviewers", {"owner", "admin", "requester", "reviewer"}),
    ],
)
def test_the_project_says_who_may_look(sealed, project, people, may, allowed):
    Project.objects.filter(pk=project.pk).update(may_reveal=may)
    seen = {name for name, user in people.items() if ask(user, sealed).status_code == 200}
    assert seen == allowed
    assert VaultAccess.objects.count() == len(allowed)


def test_strangers_do_not_learn_that_there_is_anything(sealed, people):
    for name in ("stranger", "other requester"):
        assert ask(people[name], sealed).status_code == 404
        assert page_of(people[name]).get(f"/items/{sealed.pk}/originals/").status_code == 404
        assert page_of(people[name]).get(f"/projects/{sealed.project_id}/originals/").status_code == 404
    assert client_of(None).post(f"/api/v1/items/{sealed.pk}/reveal", {"reason": REASON}).status_code == 401


def test_only_the_owner_and_administrators_say_who_may_look(sealed, project, people):
    address = f"/api/v1/projects/{project.pk}"
    refused = client_of(people["requester"]).patch(address, {"may_reveal": "reviewers"})
    assert refused.status_code == 403
    assert client_of(people["owner"]).patch(address, {"may_reveal": "reviewers"}).status_code == 200
    assert client_of(people["requester"]).patch(address, {"title": "Another"}).status_code == 200
    Project.objects.filter(pk=project.pk).update(may_reveal="owner")
    browser = page_of(people["requester"])
    page = browser.get(f"/projects/{project.pk}/settings/").context["form"]
    typed = {name: page[name].value() for name in page.fields if page[name].value() is not None}
    browser.post(f"/projects/{project.pk}/settings/", {**typed, "title": "Third", "may_reveal": "owner"})
    assert Project.objects.get(pk=project.pk).title == "Third"
    browser.post(f"/projects/{project.pk}/settings/", {**typed, "may_reveal": "reviewers"})
    assert Project.objects.get(pk=project.pk).may_reveal == "owner"


def test_a_look_is_on_record_and_its_values_are_nowhere_else(sealed, people):
    answer = ask(people["owner"], sealed)
    [original] = answer.json()["originals"]
    assert (original["value"], original["kind"]) == (VALUE, "EMAIL")
    assert "no-store" in answer.headers["Cache-Control"]
    log = client_of(people["admin"]).get("/api/v1/privacy/vault-accesses").json()["results"]
    assert [(row["name"], row["reason"], row["item"]) for row in log] == [("owner", REASON, str(sealed.pk))]
    assert AuditEvent.objects.filter(action="vault.revealed", actor=people["owner"].pk).count() == 1
    assert not IdempotencyRecord.objects.exists()
    assert not [key for key in cache._cache.get_client().keys("*") if b"anna" in str(key).encode()]


@pytest.mark.parametrize("reason", ["", "too short", "          x"])
def test_without_a_reason_nothing_is_shown(sealed, people, reason):
    assert ask(people["owner"], sealed, reason).status_code in {400, 422}
    page = page_of(people["owner"]).post(f"/items/{sealed.pk}/originals/", {"reason": reason})
    assert page.status_code == 422 and VALUE not in page.content.decode()
    assert not VaultAccess.objects.exists()


def test_personal_data_in_a_reason_does_not_get_on_record(sealed, people):
    ask(people["owner"], sealed, "bob.jones@example.org has complained")
    assert "bob.jones" not in VaultAccess.objects.get().reason


def test_the_page_shows_originals_once_and_leaves_no_trace_in_the_browser(sealed, people):
    browser = page_of(people["owner"])
    address = f"/items/{sealed.pk}/originals/"
    assert f'href="{address}"' in browser.get(f"/items/{sealed.pk}/").content.decode()
    before = browser.get(address)
    shown = browser.post(address, {"reason": REASON})
    after = browser.get(address)
    assert VALUE in shown.content.decode()
    assert VALUE not in before.content.decode() + after.content.decode()
    for page in (before, shown, after):
        assert "no-store" in page.headers["Cache-Control"]
    assert REASON in after.content.decode()
    assert REASON in browser.get(f"/projects/{sealed.project_id}/originals/").content.decode()
    assert REASON in page_of(people["admin"]).get("/privacy/vault/").content.decode()
    assert browser.get("/privacy/vault/").status_code == 403


def test_an_item_without_originals_says_so(sealed, people):
    page = page_of(people["owner"]).get(f"/items/{item('a2').pk}/originals/")
    assert "No originals are kept" in page.content.decode()
    assert ask(people["owner"], item("a2")).status_code == 404
    assert "/originals/" not in page_of(people["owner"]).get(f"/items/{item('a2').pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_person_does_not_see_more_than_an_hour_allows_not_even_at_once(project, vault_key, settings):
    settings.VAULT_REVEALS_PER_HOUR = 3
    load(project, {"id": "a1", "text": f"Write to {VALUE} please."})
    row, owner, refused = item("a1").pk, project.owner_id, []
    began = threading.Barrier(6)

    def look():
        began.wait()
        try:
            vault.reveal(item_id=row, actor=owner, reason=REASON)
        except TooManyRequests as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), VaultAccess.objects.count()) == (3, 3)
    assert vault.reveal(item_id=row, actor=make_user("another").pk, reason=REASON)
