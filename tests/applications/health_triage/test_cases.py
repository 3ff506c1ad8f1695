"""Abstained messages: listed, made into tasks once, by a click or by themselves."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from applications.health_triage import queueing
from applications.health_triage.kind import prepare
from applications.health_triage.models import AbstainedCase
from applications.health_triage.services.cases import make_tasks
from applications.health_triage.services.risk import set_risk
from applications.health_triage.services.triage import triage_texts
from applications.health_triage.tasks import make_triage_tasks
from applications.health_triage.words import parts
from common.errors import Invalid
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.factories import make_project
from training.models import Prediction

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(project: Project) -> list[AbstainedCase]:
    prepare(project)
    set_risk(project=project, actor=project.owner, wrong=0.1, under_triage=0.05, largest_set=1)
    texts = [f"skin {level} 0.34 unsure {number}" for number, level in enumerate((1, 4, 2))]
    triage_texts(project=project, texts=texts, actor=project.owner)
    cases = AbstainedCase.objects.select_related("prediction")
    return sorted(cases, key=lambda case: case.prediction.text[-1])


@pytest.mark.django_db(transaction=True)
def test_two_who_click_at_the_same_moment_make_each_task_once(
    project: Project, waiting: list[AbstainedCase], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the rows' locks both would import them."""
    start, real = threading.Barrier(2), queueing._line

    def slowly(case: AbstainedCase) -> str:
        threading.Event().wait(0.1)
        return real(case)

    monkeypatch.setattr(queueing, "_line", slowly)

    def work(_number: int) -> int:
        start.wait()
        try:
            return len(queueing.import_cases(project, [case.pk for case in waiting], project.owner))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, range(2))) == [0, 3]
    assert ImportJob.objects.filter(project=project).count() == 1


def test_only_ones_own(project: Project, waiting: list[AbstainedCase]) -> None:
    other = make_project(template="health-triage", funds=0)
    assert make_tasks(project=other, case_ids=[waiting[0].pk], actor=other.owner) == []
    assert not ImportJob.objects.exists()
    with pytest.raises(Invalid):
        make_tasks(project=project, case_ids=[], actor=project.owner)


def test_what_was_erased_is_no_task(project: Project, waiting: list[AbstainedCase]) -> None:
    Prediction.objects.filter(pk=waiting[0].prediction_id).update(payload={})
    make_tasks(project=project, case_ids=[case.pk for case in waiting], actor=project.owner)
    states = {case.pk: case.state for case in AbstainedCase.objects.all()}
    assert states[waiting[0].pk] == "waiting" and list(states.values()).count("making") == 2


def test_a_case_is_a_task_once_its_item_is_there(project: Project, waiting: list[AbstainedCase]) -> None:
    make_tasks(project=project, case_ids=[case.pk for case in waiting], actor=project.owner)
    queueing.settle(project.pk)
    assert states() == {"making"}
    work.run(ImportJob.objects.get().pk)
    make_triage_tasks()
    assert states() == {"task"} and Item.objects.filter(external_id=waiting[0].external_id).exists()
    assert make_tasks(project=project, case_ids=[waiting[0].pk], actor=project.owner)[0].state == "task"
    assert ImportJob.objects.count() == 1


@pytest.mark.parametrize("lost", [False, True])
def test_cases_of_an_import_that_failed_wait_again(
    project: Project, waiting: list[AbstainedCase], client: Client, lost: bool
) -> None:
    set_risk(project=project, actor=project.owner, tasks_by_themselves=True)
    make_triage_tasks()
    assert states() == {"making"}
    job = ImportJob.objects.get()
    if lost:
        ImportJob.objects.all().delete()
    else:
        default_storage.delete(job.path)  # what the disk lost
        work.run(job.pk)
    make_triage_tasks()
    assert states() == {"waiting"} and queueing.due_projects() == []  # not again and again by itself
    client.force_login(project.owner)
    page = client.get(f"/projects/{project.pk}/health-triage/abstained/").content.decode()
    assert "No task came of it." in page
    make_tasks(project=project, case_ids=[case.pk for case in waiting], actor=project.owner)
    work.run(ImportJob.objects.get(state="queued").pk)
    make_triage_tasks()
    assert states() == {"task"}


def test_the_same_text_twice_makes_two_tasks(project: Project, waiting: list[AbstainedCase]) -> None:
    text = waiting[0].prediction.text
    triage_texts(project=project, texts=[text], actor=project.owner)
    ids = list(AbstainedCase.objects.values_list("pk", flat=True))
    make_tasks(project=project, case_ids=ids, actor=project.owner)
    work.run(ImportJob.objects.get().pk)
    queueing.settle(project.pk)
    assert states() == {"task"}


def states() -> set[str]:
    return set(AbstainedCase.objects.values_list("state", flat=True))


def test_they_become_tasks_by_themselves_where_that_is_wanted(
    project: Project, waiting: list[AbstainedCase]
) -> None:
    assert queueing.due_projects() == []
    set_risk(project=project, actor=project.owner, tasks_by_themselves=True)
    assert queueing.due_projects() == [project.pk]
    assert queueing.make_due(project.pk) == 3 and queueing.due_projects() == []


def test_the_page_and_the_file_begin_with_the_most_urgent(
    project: Project, waiting: list[AbstainedCase], client: Client
) -> None:
    client.force_login(project.owner)
    AbstainedCase.objects.filter(pk=waiting[1].pk).update(highest=4, emergency=True)
    AbstainedCase.objects.exclude(pk=waiting[1].pk).update(highest=2, emergency=False)
    base = f"/projects/{project.pk}/health-triage/abstained/"
    page = client.get(base).content.decode()
    assert page.index("unsure 1") < min(page.index("unsure 0"), page.index("unsure 2"))
    assert page.count("Possible emergency.") == 1
    Prediction.objects.filter(pk=waiting[0].prediction_id).update(payload={"text": "=1+1"})
    lines = client.get(f"{base}export/").content.decode().splitlines()
    assert (
        "no medical device" in lines[0]
        and lines[2].endswith("unsure 1")
        and any(line.endswith(",'=1+1") for line in lines)
    )
    client.post(base, {"cases": ["no id"]})
    client.post(base, {"cases": [str(case.pk) for case in waiting]})
    assert not AbstainedCase.objects.filter(state="waiting").exists()


def test_marks_cut_a_text_without_losing_any_of_it() -> None:
    marks = [{"start": 6, "end": 11}, {"start": 3, "end": 8}, {"start": 0, "end": 2}]
    found = parts("abcdefghijklmno", marks)
    assert "".join(part["text"] for part in found) == "abcdefghijklmno"
    assert [part["text"] for part in found if "label" in part] == ["ab", "defgh", "ijk"]
