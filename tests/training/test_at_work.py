"""Work in the background on somebody's page: a bar with the time left, and the page anew at its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from applications.education_grading.models import Calibration as Grading
from applications.health_triage.models import Calibration
from applications.social_content.models import Floor
from tasks_app.models import Project
from tasks_app.services.projects import create_project
from tests.factories import make_user
from training.models import CrossFit, ModelVersion

pytestmark = pytest.mark.django_db
ASK = {"HX-Request": "true"}


def at_work(kind: str, project: Project, versions: list[ModelVersion]) -> tuple[Any, str]:
    """The row, running, and the address of its bar."""
    first, second = versions
    base = f"/projects/{project.pk}/"
    if kind == "calibration":
        both = {"condition_version": first, "urgency_version": second}
        return Calibration.objects.create(project=project, **both), f"{base}health-triage/coverage/"
    if kind == "floor":
        return Floor.objects.create(project=project), f"{base}social-content/floor/"
    if kind == "grading":
        pair = {"score_version": first, "missing_version": second}
        return Grading.objects.create(project=project, **pair), f"{base}education-grading/release/"
    return CrossFit.objects.create(project=project, field="intent"), f"{base}quality/intent/live/"


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        ("calibration", "health-triage"), ("floor", "social-content"), ("grading", "education-grading"),
        ("cross_fit", "customer-service"),
    ],
)  # fmt: skip
def test_the_bar_shows_how_far_and_how_long_and_ends_with_the_page_anew(
    make_version: Callable[..., ModelVersion], kind: str, template: str
) -> None:
    owner = make_user("owner")
    project = create_project(owner=owner, template=template)
    row, url = at_work(kind, project, [make_version(), make_version()])
    asked = {"created_at" if kind == "cross_fit" else "queued_at": timezone.now() - timedelta(seconds=60)}
    type(row).objects.filter(pk=row.pk).update(state="running", progress=50, **asked)
    client = Client()
    client.force_login(owner)
    page = client.get(url)
    assert page.status_code == 200 and f'hx-get="{url}"' in page.text
    bar = client.get(url, headers=ASK)
    assert 'value="50"' in bar.text and "about 1 min" in bar.text and "HX-Refresh" not in bar
    assert 'value="50"' in page.text
    type(row).objects.filter(pk=row.pk).update(state="done")
    assert client.get(url, headers=ASK)["HX-Refresh"] == "true"
    client.force_login(make_user("stranger"))
    assert client.get(url, headers=ASK).status_code == 404


def test_the_quality_page_asks_for_no_bar_where_nothing_is_read() -> None:
    project = create_project(owner=make_user("owner"), template="customer-service")
    client = Client()
    client.force_login(project.owner)
    url = f"/projects/{project.pk}/quality/intent/live/"
    first = client.get(f"{url}?first", headers=ASK)
    assert first.content == b"" and "HX-Refresh" not in first
    CrossFit.objects.create(project=project, field="intent")
    assert f'hx-get="{url}"' in client.get(f"{url}?first", headers=ASK).text
