"""Rules over REST and on their page: kept, changed, refused with pointers, hidden from strangers."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.roles import grant
from common.errors import Invalid
from tasks_app.models import Project
from tests.factories import client_of, make_user
from tests.training.retrain_rules.conftest import Rule, end
from training.models import (
    RetrainRule,
    Run,
)
from training.services.retraining import Terms, create_rule

URL = "/api/v1/retrain-rules"


def body(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": str(project.pk), "field": "intent", "kind": "approvals", "condition": {}, **more}


def test_rest_keeps_changes_pauses_looks_and_deletes(approved: Project, admin: User) -> None:
    client = client_of(admin)
    made = client.post(URL, body(approved, budget_runs=5), headers={"Idempotency-Key": "one"})
    again = client.post(URL, body(approved, budget_runs=5), headers={"Idempotency-Key": "one"})
    assert made.status_code == 201 and made.json()["condition"] == {"every": 500}
    assert again.json()["id"] == made.json()["id"] and RetrainRule.objects.count() == 1
    url = f"{URL}/{made.json()['id']}"
    changed = client.patch(url, {"condition": {"every": 20}, "paused": True}).json()
    assert changed["condition"] == {"every": 20} and changed["paused"] and changed["budget_runs"] == 5
    assert client.post(f"{url}/look").json()["last_look"] is None and not Run.objects.exists()
    client.patch(url, {"paused": False})
    looked = client.post(f"{url}/look").json()
    assert looked["last_look"]["verdict"] == "fired" and looked["used"]["runs"] == 1
    [fired] = client.get(f"{url}/firings").json()["results"]
    assert fired["run"] == str(Run.objects.get().pk) and fired["outcome"] is None
    assert [row["id"] for row in client.get(URL).json()["results"]] == [made.json()["id"]]
    assert client.delete(url).status_code == 204 and client.get(url).status_code == 404
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"condition": {"every": 0}}, "/condition/every"),
        ({"condition": {"evry": 5}}, "/condition/evry"),
        ({"kind": "schedule", "condition": {"timezone": "Mars/Base"}}, "/condition/timezone"),
        ({"kind": "satisfaction"}, "/condition/below"),
        ({"field": "nothing"}, "/field"),
        ({"recipe": {"epochs": 0}}, "/recipe/epochs"),
        ({"cooldown_hours": 20_000}, "/cooldown_hours"),
    ],
)
def test_a_wrong_rule_is_refused_with_pointers(
    approved: Project, admin: User, wrong: dict[str, Any], pointer: str
) -> None:
    answer = client_of(admin).post(URL, body(approved, **wrong))
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer
    assert not RetrainRule.objects.exists()


def test_a_stranger_and_another_projects_admin_find_nothing(
    rule: Rule, approved: Project, stranger: User, project: Project
) -> None:
    kept = rule()
    other = make_user("other")
    grant(other, Role.ADMIN, kept.pk)  # of some other scope
    for user in (stranger, other):
        client = client_of(user)
        assert client.post(URL, body(approved)).status_code == 404
        for path in (f"{URL}/{kept.pk}", f"{URL}/{kept.pk}/firings"):
            assert client.get(path).status_code == 404
        assert client.patch(f"{URL}/{kept.pk}", {"paused": True}).status_code == 404
        assert client.delete(f"{URL}/{kept.pk}").status_code == 404
    browser = Client()
    browser.force_login(stranger)
    for verb in ("pause", "look", "delete"):
        assert browser.post(f"/training/rules/{kept.pk}/{verb}/").status_code == 404
    assert browser.get("/training/rules/").status_code == 404


@pytest.mark.parametrize("kind", ["approvals", "schedule", "satisfaction", "drift"])
def test_the_page_keeps_a_rule_of_each_kind(
    approved: Project, admin: User, kind: str, redis_url: str
) -> None:
    client = Client()
    client.force_login(admin)
    form = client.get(f"/training/rules/?kind={kind}").context["form"]
    sent = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    sent |= {"target": f"{approved.pk}:intent"} | ({"below": "0.7"} if kind == "satisfaction" else {})
    assert client.post(f"/training/rules/?kind={kind}", sent).status_code == 302
    kept = RetrainRule.objects.get()
    assert kept.kind == kind and kept.budget_runs == 5 and not kept.promote
    assert kept.recipe == {"name": "auto"}
    refused = client.post(f"/training/rules/?kind={kind}", {**sent, "cooldown_hours": "0"})
    assert refused.status_code == 422 and "cooldown_hours" in refused.context["form"].errors


def test_the_page_says_why_it_did_not_fire_and_what_did(rule: Rule, admin: User, redis_url: str) -> None:
    client = Client()
    client.force_login(admin)
    assert "No rule yet" in client.get("/training/rules/").content.decode()
    kept, far = rule(budget_runs=5, budget_minutes=60), rule(condition={"every": 500})
    client.post(f"/training/rules/{kept.pk}/look/")
    run = Run.objects.get()
    end(run, minutes=40)
    client.post(f"/training/rules/{kept.pk}/look/"), client.post(f"/training/rules/{far.pk}/look/")
    page = client.get("/training/rules/").content.decode()
    assert "60 of 50 approvals · cooling down until " in page and "60 of 500 approvals" in page
    assert "1 of 5 runs / 40 of 60 minutes this month" in page and f"/training/runs/{run.pk}/" in page
    assert "started run 1" in client.get("/settings/notifications/").content.decode()
    client.post(f"/training/rules/{kept.pk}/pause/", {"paused": "on"})
    assert RetrainRule.objects.get(pk=kept.pk).paused
    client.post(f"/training/rules/{kept.pk}/delete/")
    assert RetrainRule.objects.count() == 1


def test_a_condition_is_checked_wherever_it_comes_from(approved: Project) -> None:
    for condition in ({"every": True}, {"every": "5"}, {"every": 1.5}):
        with pytest.raises(Invalid):
            create_rule(
                project=approved,
                field="intent",
                kind="approvals",
                terms=Terms(condition=condition),
                actor=None,
            )
