"""From the gallery to the end over REST, with models so small that they know nothing: they abstain."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import Role, User
from accounts.roles import grant
from applications.health_triage import api_urls, disclaimer, urls
from applications.health_triage.kind import KIND
from applications.health_triage.models import AbstainedCase
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.shipped import teach
from tests.factories import client_of, make_project, make_user

pytestmark = pytest.mark.django_db
MESSAGES = {"items": [{"text": "My chest hurts and I sweat."}, {"text": "Can I move my appointment?"}]}


def test_from_the_gallery_to_the_end(requester: User, tiny_models: dict[str, Path]) -> None:
    api = client_of(requester)
    made = api.post("/api/v1/projects", {"template": "health-triage", "title": "Practice"}, format="json")
    assert made.status_code == 201, made.json()
    project, base = Project.objects.get(pk=made.json()["id"]), f"/api/v1/projects/{made.json()['id']}"
    assert made.json()["reviewers_needed"] == 2
    sent = api.post(f"{base}/items:import", KIND.data[0].read_bytes(), content_type="application/x-ndjson")
    assert sent.status_code in (200, 202), sent.json()
    work.run(ImportJob.objects.get().pk)
    there = Item.objects.filter(project=project)
    assert (there.filter(gold__isnull=False).count(), there.filter(split="test").count()) == (184, 126)

    base += "/health-triage"
    early = api.post(f"{base}/triage", MESSAGES, format="json")
    assert (early.status_code, early.json()["code"]) == (409, "no_version")
    teach(project, KIND, tiny_models)
    answered = api.post(f"{base}/triage", MESSAGES, format="json", HTTP_IDEMPOTENCY_KEY="once")
    assert answered.status_code == 200, answered.json()
    again = api.post(f"{base}/triage", MESSAGES, format="json", HTTP_IDEMPOTENCY_KEY="once")
    assert again.json() == answered.json() and AbstainedCase.objects.count() <= 2
    first = answered.json()["results"][0]
    assert first["condition"]["version"].endswith("v1") and first["calibration"]
    assert sum(first["condition"]["probabilities"].values()) == pytest.approx(1)
    assert (first["emergency"] is not None) == (first["urgency"]["to"] == 4)
    _set_risk_and_look(api, base)
    _abstained_become_tasks(api, base, project)


def _set_risk_and_look(api: Any, base: str) -> None:
    assert api.get(f"{base}/risk").json()["promised"] is True  # enough is shipped for what is usual
    strict = api.put(f"{base}/risk", {"wrong": 0.02, "under_triage": 0.001}, format="json").json()
    assert strict["promised"] is False
    assert {"about": "urgency", "name": "", "there": 184, "needed": 999} in strict["lacking"]
    refused = api.put(f"{base}/risk", {"wrong": 0.01, "under_triage": 0.02}, format="json")
    assert refused.status_code == 422 and refused.json()["disclaimer"]
    told = api.get(f"{base}/coverage").json()
    assert told["promised"] is False and told["coverage"]["abstains"]["value"] == 1.0
    api.put(f"{base}/risk", {"wrong": 0.05, "under_triage": 0.01}, format="json")
    told = api.get(f"{base}/coverage").json()
    assert told["promised"] is True and told["coverage"]["items"] == 126
    names = {(one["about"], one["name"]) for one in told["coverage"]["shares"]}
    assert {("condition", ""), ("urgency", "4"), ("under_triage", ""), ("condition", "skin")} <= names
    assert told["calibration"]["items"] == 184 and len(told["calibration"]["sha256"]) == 64
    assert told["risk_by_share"][-1]["answered"] == 1.0
    assert api.post(f"{base}/coverage").status_code == 202


def _abstained_become_tasks(api: Any, base: str, project: Project) -> None:
    waiting = api.get(f"{base}/abstained").json()["results"]
    assert waiting and waiting[0]["reasons"] and waiting[0]["state"] == "waiting"
    done = api.post(f"{base}/abstained", {"cases": [one["id"] for one in waiting]}, format="json")
    assert {one["state"] for one in done.json()["results"]} == {"making"}
    work.run(ImportJob.objects.filter(project=project).latest("created_at").pk)
    item = Item.objects.get(project=project, external_id=done.json()["results"][0]["item"])
    assert item.split == "train" and item.payload["text"] == done.json()["results"][0]["text"]
    jobs = ImportJob.objects.count()
    api.post(f"{base}/abstained", {"cases": [one["id"] for one in waiting]}, format="json")
    assert ImportJob.objects.count() == jobs  # a task already


# --- the disclaimer ---------------------------------------------------------------------------------------

NAMED = {"post": {"/triage": MESSAGES, "/abstained": {"cases": []}}, "put": {"/risk": {"wrong": 0.06}}}
WORDS = {"en": "no medical device", "zh-hans": "不是医疗器械"}


@pytest.fixture
def empty(requester: User) -> Project:
    return make_project(requester, template="health-triage", fields=[], funds=0)


@pytest.mark.parametrize("language", list(WORDS))
def test_every_endpoint_says_that_it_is_no_medical_device(empty: Project, language: str) -> None:
    """Every route that there is, with every method, allowed or not, for everybody."""
    base, seen = f"/api/v1/projects/{empty.pk}/health-triage", 0
    for person in (empty.owner, make_user("stranger"), None):
        for route in api_urls.urlpatterns:
            for method in ("get", "post", "put", "delete"):
                body = NAMED.get(method, {}).get(f"/{route.pattern}", {})
                call = getattr(client_of(person), method)
                answer = call(f"{base}/{route.pattern}", body, format="json", HTTP_ACCEPT_LANGUAGE=language)
                assert WORDS[language] in answer.json()["disclaimer"], (route.pattern, method)
                seen += 1
    assert seen >= 3 * 4 * 4


@pytest.mark.parametrize("language", list(WORDS))
def test_every_page_and_file_says_so(empty: Project, language: str) -> None:
    client, read = Client(headers={"accept-language": language}), 0
    empty.owner.language = language
    empty.owner.save()
    client.force_login(empty.owner)
    for route in urls.urlpatterns:
        path = f"/projects/{empty.pk}/health-triage/{route.pattern}"
        for answer in (client.get(path, follow=True), client.post(path, {}, follow=True)):
            if answer.status_code == 405:  # no words at all
                continue
            assert WORDS[language] in answer.content.decode(), (path, answer.status_code)
            read += 1
    assert read >= len(urls.urlpatterns)


def test_the_application_sends_no_mail_of_its_own() -> None:
    """If it ever does, the disclaimer has to stand there, and this test has to learn to read it."""
    folder = Path(disclaimer.__file__).parent
    assert not [path.name for path in folder.rglob("*.py") if re.search(r"mail|notify\(", path.read_text())]
    assert get_resolver()  # the routes above are those that are served


def test_strangers_find_nothing(empty: Project, client: Any) -> None:
    other = make_user("other")
    grant(other, Role.REQUESTER, make_project(other).pk)
    client.force_login(other)
    for route in urls.urlpatterns:
        assert client.get(f"/projects/{empty.pk}/health-triage/{route.pattern}").status_code in (404, 405)
    for route in api_urls.urlpatterns:
        path = f"/api/v1/projects/{empty.pk}/health-triage/{route.pattern}"
        assert {client_of(other).get(path).status_code, client_of(other).post(path).status_code} <= {404, 405}


def test_another_template_has_no_triage(requester: User) -> None:
    project = make_project(requester, template="customer-service", funds=0)
    assert client_of(requester).get(f"/api/v1/projects/{project.pk}/health-triage/risk").status_code == 404
