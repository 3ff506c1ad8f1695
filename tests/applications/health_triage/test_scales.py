"""Where the field has another scale than the template's, and where more is decided than is read."""

from typing import Any

import pytest
from django.test import Client

from applications.health_triage import calibrating, heldback
from applications.health_triage.kind import prepare
from applications.health_triage.models import AbstainedCase
from applications.health_triage.services.triage import triage_texts
from tasks_app.models import Project
from tests.applications.health_triage.conftest import CONDITION, approve, put_into_production
from tests.factories import client_of, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_five(speaker: Any, monkeypatch: pytest.MonkeyPatch) -> Project:
    five = {"name": "urgency", "type": "scale", "min": 1, "max": 5, "required": True}
    monkeypatch.setattr("tests.applications.health_triage.conftest.FIELDS", [CONDITION, five])
    made = make_project(fields=[CONDITION, five], funds=0, template="health-triage")
    for name in ("condition", "urgency"):
        put_into_production(made, name)
    return made


def test_of_five_levels_the_fourth_is_no_emergency(of_five: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    [found] = triage_texts(project=of_five, texts=["skin 4 0.9 rash"], actor=of_five.owner)
    assert found.is_emergency  # without a promise all five are possible
    assert AbstainedCase.objects.get().emergency
    AbstainedCase.objects.update(highest=4, emergency=False)
    client = Client()
    client.force_login(of_five.owner)
    page = client.get(f"/projects/{of_five.pk}/health-triage/abstained/").content.decode()
    assert "Possible emergency." not in page and "4, emergency" not in page
    api = client_of(of_five.owner)
    [case] = api.get(f"/api/v1/projects/{of_five.pk}/health-triage/abstained").json()["results"]
    assert case["emergency"] is None


def test_no_more_decided_items_are_read_than_calibrate(
    project: Project, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        approve(project, f"skin 1 0.9 fresh {number}", group="pair" if number < 2 else "")
    versions = list(calibrating.pair_of(project) or ())
    whole = heldback.held_back(project, versions)
    monkeypatch.setattr(heldback, "MOST", 303)
    read: list[int] = []
    real = heldback._decided
    monkeypatch.setattr(heldback, "_decided", lambda *about: read.append(about[2]) or real(*about))
    cut = heldback.held_back(project, versions)
    assert len(whole) == 306 and len(cut) == 303 and read == [3]
    assert {one.id for one in cut} < {one.id for one in whole}
    prepare(project)
