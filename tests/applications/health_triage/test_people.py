"""Whose message it is, where the caller says so: found by requests, not used while restricted."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from applications.health_triage import selectors
from applications.health_triage.models import AbstainedCase
from applications.health_triage.services import triage
from applications.health_triage.services.cases import make_tasks
from applications.health_triage.services.triage import triage_texts
from common.errors import Conflict
from privacy.holders import Subject, Terms, all_holders
from privacy.services.subjects import find_subjects
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.health_triage.conftest import Speaker
from tests.factories import client_of
from training import serving
from training.micro_batching import Pass
from training.models import Prediction

pytestmark = pytest.mark.django_db


def by_number(name: str) -> Subject:
    [match] = find_subjects(values=[name])
    return Subject(subjects=frozenset({match.subject.pk}), items=match.items)


def test_messages_cases_and_items_go_with_the_person(project: Project) -> None:
    texts, people = ["skin 2 0.4 mine", "skin 2 0.4 other"], ["patient 7", ""]
    found = triage_texts(project=project, texts=texts, actor=project.owner, people=people)
    ids = [one.case.pk for one in found if one.case]
    make_tasks(project=project, case_ids=ids, actor=project.owner)
    work.run(ImportJob.objects.get().pk)
    assert Item.objects.filter(payload__icontains="mine").count() == 1
    subject = by_number("patient 7")
    assert len(subject.items) == 1
    for one in all_holders():
        one.erase(subject, Terms(request=uuid4()))
    assert not Item.objects.filter(payload__icontains="mine").exists()
    assert not Prediction.objects.filter(payload__icontains="mine").exists()
    assert Item.objects.filter(payload__icontains="other").exists()


def test_of_whom_the_use_is_restricted_nothing_is_asked_or_shown(project: Project) -> None:
    triage_texts(project=project, texts=["skin 2 0.4 mine"], actor=project.owner, people=["patient 7"])
    for one in all_holders():
        one.restrict(by_number("patient 7"), restricted=True)
    assert not selectors.waiting_cases(project).exists()
    path = f"/api/v1/projects/{project.pk}/health-triage/triage"
    body = {"items": [{"text": "skin 2 0.9 later", "person": "patient 7"}]}
    refused = client_of(project.owner).post(path, body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "restricted")
    assert not Prediction.objects.filter(payload__icontains="later").exists()
    for one in all_holders():
        one.restrict(by_number("patient 7"), restricted=False)
    assert selectors.waiting_cases(project).count() == 1
    assert client_of(project.owner).post(path, body, format="json").status_code == 200


def erase(name: str) -> None:
    subject = by_number(name)
    for one in all_holders():
        one.erase(subject, Terms(request=uuid4()))


def restrict(name: str) -> None:
    subject = by_number(name)
    for one in all_holders():
        one.restrict(subject, restricted=True)


@pytest.mark.parametrize("field", ["condition", "urgency"])
@pytest.mark.parametrize(("meanwhile", "code"), [(erase, "subject_erased"), (restrict, "restricted")])
def test_of_whom_is_gone_while_a_model_thinks_nothing_is_kept(
    project: Project, speaker: Speaker, monkeypatch: pytest.MonkeyPatch,
    field: str, meanwhile: Callable[[str], None], code: str,
) -> None:  # fmt: skip
    def think(version, payloads):
        if version.model.field == field:
            meanwhile("patient 7")
        return Pass(speaker.answers(version, payloads), {})

    monkeypatch.setattr(serving, "answers_of", think)
    with pytest.raises(Conflict) as refused:
        triage_texts(project=project, texts=["skin 2 0.4 mine"], actor=project.owner, people=["patient 7"])
    assert refused.value.code == code
    kept = Prediction.objects.filter(payload__icontains="mine", version__model__field=field)
    assert not kept.exists() and not AbstainedCase.objects.exists()
    if code == "subject_erased":
        assert not Prediction.objects.filter(payload__icontains="mine").exists()


def test_of_whom_is_gone_before_the_verdict_no_case_waits(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = triage._verdicts

    def judge(*known):
        erase("patient 7")
        return judged(*known)

    monkeypatch.setattr(triage, "_verdicts", judge)
    with pytest.raises(Conflict):
        triage_texts(project=project, texts=["skin 2 0.4 mine"], actor=project.owner, people=["patient 7"])
    assert not AbstainedCase.objects.exists()


def test_a_case_whose_text_was_erased_waits_for_nobody(project: Project) -> None:
    triage_texts(project=project, texts=["skin 2 0.4 mine"], actor=project.owner, people=["patient 7"])
    assert selectors.waiting_cases(project).count() == 1
    erase("patient 7")
    assert AbstainedCase.objects.exists() and not selectors.cases_of(project).exists()
