"""The command behind `manage.py bench triage`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from applications.health_triage.kind import prepare
from tasks_app.models import Project
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def test_the_promise_is_tried_on_many_splits_of_stored_scores(project: Project) -> None:
    prepare(project)
    out = StringIO()
    call_command("triage_coverage", str(project.pk), draws=100, wrong=0.1, under_triage=0.05, stdout=out)
    told = json.loads(out.getvalue())
    assert told["items"] == 300 and "no medical device" in told["disclaimer"]
    for name in ("lac by items", "aps by items", "lac by groups", "aps by groups"):
        part = told[name]
        assert part["draws"] + part["refused"] == 100 and part["draws"] > 90
        condition = part["shares"]["condition"]
        assert condition["promised"] == pytest.approx(0.9) and condition["mean"] >= 0.88


def test_without_a_calibration_there_is_nothing_to_try(db: None) -> None:
    project = make_project(template="health-triage", fields=[], funds=0)
    with pytest.raises(CommandError, match="not calibrated"):
        call_command("triage_coverage", str(project.pk))
    with pytest.raises(CommandError, match="no project"):
        call_command("triage_coverage", str(make_project(funds=0).pk))
