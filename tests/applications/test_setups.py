"""From the gallery to an application that answers: every step once, whoever is killed on the way."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Notification, User
from applications import advancing, kinds
from applications.finance_monitor.first_model import FIRST_MODEL
from applications.models import Measured, Setup
from applications.services.setups import start_setup
from common.errors import Forbidden, Invalid
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.conftest import Shop, finish
from tests.factories import make_user
from training.models import ModelVersion, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def setup(shop: Shop, requester: User) -> Setup:
    return start_setup(application="customer-service", actor=requester)


def imported(setup: Setup) -> Setup:
    for job in setup.imports:
        work.run(job)
    advanced(setup)
    assert setup.step == "train", setup.reason
    return setup


def advanced(setup: Setup) -> Setup:
    advancing.advance(setup.pk)
    setup.refresh_from_db()
    return setup


def told(setup: Setup, kind: str = "work_done") -> list[str]:
    rows = Notification.objects.filter(user=setup.created_by, kind=kind).order_by("created_at")
    return [row.data["work"] for row in rows]


def run_of(setup: Setup) -> Run:
    assert setup.runs, setup.reason
    return Run.objects.get(pk=setup.runs["intent"])


def test_it_waits_for_what_others_do_and_ends_with_an_answer_and_figures(
    setup: Setup, shop: Shop, trained: Path
) -> None:
    assert advanced(setup).step == "import"
    assert imported(setup).step == "train"
    assert advanced(setup).runs == {"intent": str(run_of(setup).pk)}
    version = finish(run_of(setup), trained)
    assert (advanced(setup).state, setup.step) == ("succeeded", "measure"), setup.reason
    assert setup.said == "It is about a refund." and setup.answered_at and setup.promoted == {"intent": 1}
    assert shop.prepared == [setup.project]
    version.refresh_from_db()
    assert version.stage == "production"
    assert told(setup) == ["run", "setup"]
    measured = Measured.objects.get(project=setup.project)
    assert measured.versions == {"intent": 1} and measured.values[0]["value"] == 0.8
    assert advanced(setup).state == "succeeded" and len(shop.prepared) == 1
    assert Project.objects.get(pk=setup.project_id).data_licence == "CC0-1.0"


def test_one_under_way_is_not_begun_a_second_time(setup: Setup, requester: User) -> None:
    assert start_setup(application="customer-service", actor=requester) == setup
    assert Project.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_the_same_moment_one_begins(shop: Shop, requester: User) -> None:
    both = threading.Barrier(2)
    found: list[Setup] = []

    def click() -> None:
        both.wait()
        found.append(start_setup(application="customer-service", actor=requester))
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({setup.pk for setup in found}) == 1 and Project.objects.count() == 1


def test_a_killed_process_has_left_what_the_next_one_needs(
    setup: Setup, shop: Shop, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(project: object) -> None:
        raise Killed

    imported(setup)
    finish(run_of(setup), trained)
    monkeypatch.setattr(shop, "prepare", killed)
    kind = kinds._kinds["customer-service"]
    monkeypatch.setitem(kinds._kinds, "customer-service", replace(kind, prepare=killed))
    with pytest.raises(Killed):
        advancing.advance(setup.pk)
    setup.refresh_from_db()
    assert (setup.state, setup.step, setup.promoted) == ("running", "prepare", {"intent": 1})
    monkeypatch.setitem(kinds._kinds, "customer-service", kind)
    assert advanced(setup).state == "succeeded"
    assert Run.objects.count() == 1 and ModelVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_advance_it_at_once(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the turn both would start a run of the field."""
    for job in setup.imports:
        work.run(job)
    both = threading.Barrier(2)
    real = advancing._start_runs

    def slowly(*args: object) -> None:
        threading.Event().wait(0.3)
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(advancing, "_start_runs", slowly)

    def worker() -> None:
        both.wait()
        advancing.advance(setup.pk)
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Run.objects.filter(project=setup.project_id).count() == 1


def test_a_training_that_fails_ends_it_with_the_reason(setup: Setup) -> None:
    imported(setup)
    Run.objects.filter(pk=run_of(setup).pk).update(state="failed", reason="The disk is full.")
    assert advanced(setup).state == "failed"
    assert setup.reason == "The training of “intent” ended: The disk is full."


def test_a_version_that_is_no_better_than_a_rule_does_not_answer(setup: Setup, trained: Path) -> None:
    imported(setup)
    version = finish(run_of(setup), trained)
    ModelVersion.objects.filter(pk=version.pk).update(
        metrics={**version.metrics, "test": 0.3, "baseline": 0.4}
    )
    assert advanced(setup).state == "failed" and "“intent” does not answer" in setup.reason
    assert "0.300" in setup.reason


def test_what_it_can_do_without_is_left_out_and_said(
    shop: Shop, requester: User, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = kinds._kinds["customer-service"]
    monkeypatch.setitem(kinds._kinds, kind.template, replace(kind, fields=(), optional=("intent",)))
    setup = imported(start_setup(application="customer-service", actor=requester))
    Run.objects.filter(pk=run_of(setup).pk).update(state="cancelled", reason="")
    assert advanced(setup).state == "succeeded"
    assert setup.notes == ["The training of “intent” ended: cancelled"] and setup.promoted == {}


def test_data_that_cannot_be_read_ends_it(setup: Setup) -> None:

    ImportJob.objects.filter(pk__in=setup.imports).update(state="failed", reason="No such file.")
    assert advanced(setup).reason == "The data could not be imported: No such file."


def test_data_of_which_nothing_fits_ends_it(setup: Setup) -> None:

    ImportJob.objects.filter(pk__in=setup.imports).update(
        state="succeeded", imported=0, errors=[{"line": 3, "detail": "No such label."}]
    )
    assert advanced(setup).reason == "Nothing of the data could be imported: 3: No such label."


def test_a_mistake_of_ours_ends_it_as_well(
    setup: Setup, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(project: object) -> None:
        raise KeyError("vectors")

    imported(setup)
    finish(run_of(setup), trained)
    kind = kinds._kinds["customer-service"]
    monkeypatch.setitem(kinds._kinds, kind.template, replace(kind, prepare=broken))
    assert advanced(setup).state == "failed" and setup.reason.startswith("An error of ours")


def test_only_who_may_make_projects_may_begin(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        start_setup(application="customer-service", actor=make_user("annotator"))


def test_what_there_is_not_is_said(shop: Shop, requester: User) -> None:
    with pytest.raises(Invalid, match="no such application"):
        start_setup(application="weather", actor=requester)
    with pytest.raises(Invalid, match="There is: en"):
        start_setup(application="customer-service", actor=requester, language="zh")
    assert Project.objects.count() == 0


def test_the_first_model_learns_from_few_texts_and_is_no_application(requester: User) -> None:
    setup = start_setup(application="first-model", actor=requester, language="en")
    assert start_setup(application="first-model", actor=requester, language="zh") == setup
    for job in setup.imports:
        work.run(job)
    assert Item.objects.filter(project=setup.project).count() == FIRST_MODEL.most
    assert advanced(setup).runs.keys() == {"sentiment"}
    assert "first-model" not in [kind.key for kind in kinds.all_kinds()]


def test_one_click_starts_the_first_model_for_those_who_may(client: Client, requester: User) -> None:
    client.force_login(requester)
    for _twice in range(2):
        answer = client.post("/applications/first-model/")
    setup = Setup.objects.get(created_by=requester)
    assert answer["Location"] == f"/applications/setups/{setup.pk}/"
    assert (setup.kind, setup.project.title) == ("first-model", "First model")
    client.force_login(make_user())
    assert client.post("/applications/first-model/").status_code == 403
    assert Setup.objects.count() == 1
