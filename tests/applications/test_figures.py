"""Figures follow the versions that answer, and a failed measurement keeps the old ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from accounts.models import User
from applications import kinds, measuring, selectors
from applications.models import Measured, Setup
from applications.services.figures import ask_figures
from applications.services.setups import start_setup
from common.errors import Conflict
from tasks_app.models import Project
from tests.applications.conftest import Shop, finish
from tests.applications.test_setups import advanced, imported, run_of
from tests.factories import client_of, make_user
from training.models import ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(shop: Shop, requester: User, trained: Path) -> Setup:
    setup = imported(start_setup(application="customer-service", actor=requester))
    finish(run_of(setup), trained)
    return advanced(setup)


def test_another_version_is_measured_anew(done: Setup, shop: Shop) -> None:
    assert measuring.stale() == []
    ModelVersion.objects.update(number=2)
    assert measuring.stale() == [done.project_id]
    about = selectors.about(done.project, kinds.find_kind(done.kind))
    assert about.outdated and about.is_ready
    shop.figure = 0.9
    measuring.measure_stale(done.project_id)
    row = Measured.objects.get(project=done.project)
    assert row.versions == {"intent": 2} and row.values[0]["value"] == 0.9
    assert measuring.stale() == []


def test_a_failed_measurement_says_why_and_keeps_what_was(
    done: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(project: object) -> list[kinds.Figure]:
        raise Conflict("Too few test items.")

    kind = kinds._kinds["customer-service"]
    monkeypatch.setitem(kinds._kinds, kind.template, replace(kind, measure=refuse))
    before = Measured.objects.get(project=done.project)
    ModelVersion.objects.update(number=2)
    ask_figures(project=done.project)
    measuring.measure_stale(done.project_id)
    row = Measured.objects.get(project=done.project)
    assert row.reason == "Too few test items." and row.values[0]["value"] == 0.8
    # They are still the figures of version 1, and the page says so.
    assert (row.versions, row.measured_at) == ({"intent": 1}, before.measured_at)
    assert selectors.about(done.project, kind).outdated
    assert measuring.stale() == []  # not again and again
    monkeypatch.setitem(kinds._kinds, kind.template, kind)
    ask_figures(project=done.project)
    measuring.measure_stale(done.project_id)
    row.refresh_from_db()
    assert (row.reason, row.versions) == ("", {"intent": 2})


def test_a_wish_that_comes_while_it_is_measured_is_kept(done: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = kinds._kinds["customer-service"]

    def ask_meanwhile(project: Project) -> list[kinds.Figure]:
        ask_figures(project=project)
        return []

    monkeypatch.setitem(kinds._kinds, kind.template, replace(kind, measure=ask_meanwhile))
    ask_figures(project=done.project)
    measuring.measure_stale(done.project_id)
    assert measuring.stale() == [done.project_id]
    monkeypatch.setitem(kinds._kinds, kind.template, kind)
    measuring.measure_stale(done.project_id)
    assert measuring.stale() == []


def test_the_api_tells_what_it_stands_on(done: Setup, requester: User) -> None:
    api = client_of(requester)
    told = api.get(f"/api/v1/projects/{done.project_id}/application").json()
    assert told["application"] == "customer-service" and told["ready"] is True
    [standing] = told["standing"]
    assert standing["version"] == 1 and standing["examples"] > 0
    [figure] = told["figures"]
    assert (figure["value"], figure["baseline"], figure["low"]) == (0.8, 0.2, 0.7)
    again = api.post(f"/api/v1/projects/{done.project_id}/application")
    assert again.status_code == 202 and Measured.objects.get().wanted_at is not None
    assert client_of(make_user()).get(f"/api/v1/projects/{done.project_id}/application").status_code == 404


def test_the_api_sets_one_up(shop: Shop, requester: User) -> None:
    api = client_of(requester)
    listed = {one["application"] for one in api.get("/api/v1/applications").json()["results"]}
    assert "customer-service" in listed
    body, key = {"application": "customer-service"}, {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = api.post("/api/v1/applications", body, format="json", **key)
    assert first.status_code == 202, first.json()
    again = api.post("/api/v1/applications", body, format="json", **key)
    assert again.json()["id"] == first.json()["id"]
    told = api.get(f"/api/v1/application-setups/{first.json()['id']}").json()
    assert (told["state"], told["step"], told["progress"]) == ("running", "import", 0.0)
    hidden = client_of(make_user()).get(f"/api/v1/application-setups/{told['id']}")
    assert hidden.status_code == 404
    refused = client_of(make_user()).post("/api/v1/applications", body, format="json")
    assert refused.status_code == 403
