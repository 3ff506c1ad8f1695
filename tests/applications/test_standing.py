"""What every application's page says of itself: before a model is there, and what it stands on afterwards."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from applications.kinds import Kind, all_kinds, find_kind
from applications.models import Measured
from tasks_app.models import Project
from tasks_app.services.projects import create_project
from tests.factories import client_of
from training.models import Model, ModelVersion, Run, Snapshot

pytestmark = pytest.mark.django_db
SIX = [
    "customer-service", "education-grading", "finance-monitor", "health-triage", "recommendation",
    "social-content",
]  # fmt: skip


def make(requester: User, name: str) -> tuple[Project, Kind, Client]:
    browser = Client()
    browser.force_login(requester)
    return create_project(owner=requester, template=name, data_basis="not_personal"), find_kind(name), browser


def put_into_production(project: Project, name: str) -> ModelVersion:
    """A row, without weights, that learned from 41 items."""
    snapshot = project.snapshots.first() or Snapshot.objects.create(
        project=project, number=3, schema_version=project.schema_versions.get(), fields=[],
        sha256=uuid4().hex + uuid4().hex,
    )  # fmt: skip
    snapshot.counts = {**snapshot.counts, name: {"train": 41}}
    snapshot.save()
    run = Run.objects.create(
        project=project, number=project.runs.count() + 1, field=name, snapshot=snapshot, state="succeeded",
        queued_at=timezone.now(),
    )  # fmt: skip
    model = Model.objects.create(project=project, field=name, head="choice", name=f"{project.pk}-{name}")
    return ModelVersion.objects.create(
        model=model, number=7, run=run, snapshot=snapshot, stage="production", path="nowhere", metrics={},
        config_hash="0" * 64,
    )  # fmt: skip


def test_there_are_six() -> None:
    assert [kind.template for kind in all_kinds()] == SIX


@pytest.mark.parametrize("name", SIX)
def test_before_a_model_is_there_the_page_says_so(requester: User, name: str) -> None:
    project, kind, browser = make(requester, name)
    page = reverse(kind.page, args=[project.pk])
    html = browser.get(page).text
    assert html.count("no model yet") == len(kind.fields) + len(kind.optional)
    assert "Nothing has been measured yet." in html and "Wrong?" not in html
    after = browser.post(reverse("application-measure", args=[project.pk]), follow=True)
    assert after.status_code == 200 and "being measured" in after.text
    told = client_of(requester).get(f"/api/v1/projects/{project.pk}/application").json()
    assert {one["version"] for one in told["standing"]} == {None}


@pytest.mark.parametrize("name", SIX)
def test_the_page_names_version_and_data_and_when_it_was_measured(requester: User, name: str) -> None:
    project, kind, browser = make(requester, name)
    versions = [put_into_production(project, field) for field in kind.fields]
    Measured.objects.create(
        project=project, measured_at=timezone.now(), versions={one.model.field: 7 for one in versions},
        values=[{"key": "a", "name": "Some figure", "value": 0.5, "baseline": 0.25, "count": 12}],
    )  # fmt: skip
    html = browser.get(reverse(kind.page, args=[project.pk])).text
    for version in versions:
        assert version.model.name in html
    snapshot = versions[0].snapshot
    assert reverse("snapshot", args=[snapshot.pk]) in html
    assert "version 7" in html and "41 examples" in html and "snapshot 3" in html
    assert "Some figure" in html and "0.250" in html and "Measured:" in html
    Snapshot.objects.update(withdrawn_at=timezone.now())
    assert "withdrawn" in browser.get(reverse(kind.page, args=[project.pk])).text
