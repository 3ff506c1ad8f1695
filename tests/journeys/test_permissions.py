"""Nobody reaches what is not theirs: every page and every REST path, with real objects behind the ids.

A URL that names no object must stand in one of the lists of addresses.py. One that names an object belongs to
whoever may see that object: for everybody else it must look as if there were none.
"""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import resolve

from accounts.models import Role, User
from accounts.roles import grant
from tasks_app.models import Project, Qualification
from tasks_app.pseudonyms import pseudonym
from tasks_app.services.attempts import start_attempt
from tasks_app.services.tries import start_try
from tests.factories import confirm_session, make_user
from tests.journeys.addresses import Address, addresses
from tests.journeys.page_list import PAGES
from tests.journeys.world import World, make_world
from training.models import ModelVersion, Recipe, Rollout

ABSENT = "01900000-0000-7000-8000-000000000000"
REFUSED = {403, 404, 405}
# What was sent is refused before anything is looked up.
UNREAD = {409, 422}
# Seen by their own tests: what stands in files of an analysis, and feedback that somebody gave.
ELSEWHERE = {
    "api/v1/projects/<uuid:project_id>/analysis/tables/<slug:name>",
    "api/v1/projects/<uuid:project_id>/analysis/turns",
    "projects/<uuid:project_id>/analysis/tables/<slug:name>.csv",
    "api/v1/predictions/<uuid:prediction_id>/feedback",
}  # fmt: skip
# Which table a part of an address is the key of.
TABLES = {
    "job_id": "tasks_app.ImportJob", "text_id": "privacy.CheckedText", "missed_id": "privacy.MissedValue",
    "consensus_id": "annotations.Consensus", "second_id": "annotations.SecondReview",
    "appeal_id": "annotations.Appeal", "payout_id": "rewards.Payout", "bonus_id": "rewards.Bonus",
    "rule_id": "training.RetrainRule", "feedback_id": "training.Feedback", "recipe_id": "training.Recipe",
    "rollout_id": "training.Rollout", "wish_id": "training.Preannotation", "post_id": "social_content.Post",
    "unknown_id": "customer_service.Unknown", "source_id": "finance_monitor.Source",
    "webhook_id": "finance_monitor.Webhook", "submission_id": "education_grading.Submission",
    "assignment_id": "tasks_app.Assignment", "token_id": "accounts.ApiToken", "try_id": "tasks_app.TryOut",
    "attempt_id": "tasks_app.QualificationAttempt", "membership_id": "accounts.Membership",
}  # fmt: skip
NAMES = {
    "item_id": "item", "answer_id": "answer", "measure_id": "measure", "batch_id": "batch",
    "snapshot_id": "snapshot", "run_id": "run", "qualification_id": "qualification",
    "prediction_id": "prediction", "setup_id": "setup", "conversation_id": "chat", "pair_id": "pair",
    "alert_id": "alert", "question_id": "asked", "month": "month", "request_id": "letter", "name": "model",
}  # fmt: skip
WORDS = {
    "field": "intent", "part": "label_errors", "verb": "extend", "number": 1, "regime": "gdpr",
    "language": "en", "form": "md", "kind": "notifications", "decision": "accept", "key": "first",
    "again": ABSENT, "role": "annotator",
}  # fmt: skip
PROJECTS = {
    "customer-service": "shop", "finance-monitor": "news", "recommendation": "library",
    "health-triage": "triage", "education-grading": "grading", "social-content": "social",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(site: str, version: ModelVersion) -> World:
    """With what the pages do not need but addresses name."""
    world = make_world(version)
    requester = world.people["requester"]
    assert requester is not None
    project = Project.objects.get(pk=world.ids["project"])
    Recipe.objects.create(project=project, name="Quick", head="choice", created_by=requester)
    both = {"version": version, "baseline": version}
    Rollout.objects.create(model=version.model, kind="shadow", share=0.1, **both)
    table("wish_id").create(project=project, version=version, field="intent", share=0.5, total=3)
    start_try(project=project, person=requester)
    exam = Qualification.objects.get(pk=world.ids["qualification"])
    start_attempt(qualification=exam, worker=make_user("candidate"))
    return world


def table(part: str) -> Any:
    return apps.get_model(TABLES[part])._default_manager


@pytest.fixture(scope="module")
def real(world: World) -> dict[str, Any]:
    """Part of an address -> the key of a row that is there; those of tables are read once."""
    found = {part: table(part).order_by("pk").values_list("pk", flat=True).first() for part in TABLES}
    found |= {part: world.ids[name] for part, name in NAMES.items()} | WORDS
    assert [part for part, value in found.items() if value is None] == []
    project, annotator = world.ids["project"], world.people["annotator"]
    return found | {"annotator": pseudonym(project, annotator.pk)}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def value_of(world: World, real: dict[str, Any]) -> Any:
    def value_of(route: str, part: str) -> Any:
        if part == "project_id":
            names = (name for word, name in PROJECTS.items() if f"/{word}/" in route)
            return world.ids[next(names, "draft" if "/application" in route else "project")]
        if part == "item_id" and "gold/" in route:
            return world.ids["gold"]
        if part == "request_id" and "requests/" in route:
            return world.ids["erased" if "certificate" in route else "mine"]
        if part == "name" and "models/" not in route:
            return "labels" if "tables/" in route else "1"
        if part == "form":
            return "md" if "notice" in route else "json"
        if part == "part" and route.endswith(".csv"):
            return "report"
        return real[part]

    return value_of


def absent(route: str, part: str) -> Any:
    """As the route wants it, and nobody's."""
    return ABSENT if f"<uuid:{part}>" in route else 987654 if f"<int:{part}>" in route else "nothing"


def client_for(user: User | None) -> Client:
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    if user is not None:
        client.force_login(user)
        confirm_session(client)
    return client


def ask(client: Client, method: str, path: str) -> int:
    """The status; 401 where the answer is the way to the sign-in."""
    body = {} if method == "get" or not path.startswith("/api/") else {"content_type": "application/json"}
    answer = getattr(client, method)(path, **body)
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"):
        return 401
    return int(answer.status_code)


def of_kind(*kinds: str) -> list[Address]:
    return [one for one in addresses() if one.kind in kinds]


def test_every_address_says_who_is_let_in() -> None:
    left = [one.route for one in addresses() if not one.kind]
    assert left == [], "Name it in one of the lists of addresses.py."
    assert len(addresses()) > 480


def test_who_is_not_signed_in_is_sent_to_the_sign_in(db: None, value_of: Any) -> None:
    nobody, wrong = client_for(None), []
    for one in of_kind("own", "offered", "requester", "admin", "object"):
        for method in one.methods:
            status = ask(nobody, method, one.path(value_of))
            # 404: where a token beside the address can open it, without one there is nothing.
            if status not in ({401, 403, 404} if one.route.startswith("api/") else {401, 405}):
                wrong.append((method, one.route, status))
    assert wrong == []


def test_a_stranger_cannot_tell_what_is_there(db: None, value_of: Any) -> None:
    """A requester of other projects; what is an administrator's is refused whatever the id."""
    stranger = make_user("stranger")
    grant(stranger, Role.REQUESTER)
    client, wrong = client_for(stranger), []
    for one in of_kind("object"):
        for method in one.methods:
            told = [ask(client, method, one.path(value)) for value in (value_of, absent)]
            if told[0] != told[1] or told[0] not in REFUSED | UNREAD:
                wrong.append((method, one.route, told))
    assert wrong == []


def test_an_annotator_of_the_project_reaches_nothing_else_of_it(
    db: None, world: World, value_of: Any
) -> None:
    colleague = make_user("colleague")
    for name in ("project", "draft", *PROJECTS.values()):
        grant(colleague, Role.ANNOTATOR, world.ids[name])
    client, wrong = client_for(colleague), []
    for one in of_kind("object", "admin"):
        for method in one.methods:
            status = ask(client, method, one.path(value_of))
            if status not in REFUSED | UNREAD:
                wrong.append((method, one.route, status))
    assert wrong == []


def test_a_requester_does_not_administer_the_site(db: None, value_of: Any) -> None:
    requester = make_user("elsewhere")
    grant(requester, Role.REQUESTER)
    client = client_for(requester)
    told = {
        (m, one.route): ask(client, m, one.path(value_of)) for one in of_kind("admin") for m in one.methods
    }
    assert {asked: status for asked, status in told.items() if status not in REFUSED | UNREAD} == {}


def test_the_objects_of_these_tests_are_there(db: None, world: World, value_of: Any, version: Any) -> None:
    """Somebody reaches each page: otherwise a refusal of the others would say nothing."""
    candidate = User.objects.get(email__startswith="candidate")
    people = [*filter(None, world.people.values()), version.model.project.owner, candidate]
    clients = [client_for(person) for person in people]
    unseen = []
    for one in of_kind("object", "offered"):
        if "get" not in one.methods or one.route in ELSEWHERE:
            continue
        told = {ask(client, "get", one.path(value_of)) for client in clients}
        if told <= {401, 403, 404}:
            unseen.append((one.route, told))
    assert unseen == []


@pytest.mark.parametrize("role", ["nobody", "newcomer"])
def test_the_pages_of_the_list(db: None, world: World, role: str) -> None:
    """Each with the query that it has there, for somebody whose page it is not."""
    kinds = {one.route: one.kind for one in addresses()}
    client, wrong = client_for(world.people[role]), []
    for owner, listed in PAGES:
        path = listed.format(**world.ids)
        if path.startswith("/accounts/"):
            continue
        kind = kinds[resolve(path.partition("?")[0]).route]
        status = ask(client, "get", path)
        if status not in awaited(role, kind):
            wrong.append((owner, listed, kind, status))
    assert wrong == []


def awaited(role: str, kind: str) -> set[int]:
    if kind == "open":
        return {200, 302}  # the front page leads whoever is signed in to a page of theirs
    if role == "newcomer" and kind in {"own", "offered", "requester"}:
        return {200, 403, 404}  # their own list is empty; what is offered may ask for a qualification
    return {401} if role == "nobody" else {403, 404}
