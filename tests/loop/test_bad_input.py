"""What people and programs get wrong, through REST: a clear message each, nothing acknowledged is lost."""

import errno
import tracemalloc
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg2.errors
import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError

from annotations.models import Answer
from common.web import as_domain_error
from tasks_app.importing import job as importing
from tasks_app.models import Assignment, ImportJob, Item, Project
from tasks_app.services.assignment import expire_leases
from tests.factories import CHOICE, SPAN, client_of, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db
TURNS = {"turns": [{"speaker": "customer", "text": "Where is it? 👋"}, {"speaker": "agent", "text": "Here."}]}


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def project() -> Project:
    return make_project(fields=[CHOICE, SPAN], overlap_min=1, overlap_max=1)


@pytest.fixture
def item(project: Project) -> Item:
    return make_items(project, 1, payloads=[TURNS])[0]


def submit(assignment: Assignment, answer: Any) -> Any:
    path = f"/api/v1/assignments/{assignment.pk}/submit"
    return client_of(assignment.worker).post(path, {"answer": answer, "seconds": 1})


def span(turn: Any, start: Any, end: Any, label: Any = "question") -> dict[str, Any]:
    return {"turn": turn, "start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("answer", "pointer"),
    [
        ({"intent": "refund", "qa": [span(0, 0, 15)]}, "/answer/qa/0/end"),  # 14 code points, 15 in UTF-16
        ({"intent": "refund", "qa": [span(1, 0, 5), span(1, -1, 3)]}, "/answer/qa/1/start"),
        ({"intent": "refund", "qa": [span(2, 0, 1)]}, "/answer/qa/0/turn"),
        ({"intent": "refund", "qa": [span(0, 5, 5)]}, "/answer/qa/0/end"),
        ({"intent": "refund", "qa": [span(0, "0", 5)]}, "/answer/qa/0/start"),
        ({"intent": "refund", "qa": [span(0, 0, 5, "greeting")]}, "/answer/qa/0/label"),
        ({"intent": "sing", "qa": []}, "/answer/intent"),
        ({"intent": None, "qa": []}, "/answer/intent"),
        ({"intent": "refund", "mood": "good"}, "/answer/mood"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_its_place(item: Item, answer: Any, pointer: str) -> None:
    assignment = lease(item, make_user())
    response = submit(assignment, answer)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert [problem["pointer"] for problem in response.json()["errors"]] == [pointer]
    assert not Answer.objects.exists()
    assert submit(assignment, {"intent": "refund", "qa": [span(0, 0, 14)]}).status_code == 201


def test_a_stale_lease_is_refused_kept_reclaimed_and_submitted(item: Item) -> None:
    assignment = lease(item, make_user(), seconds=-5)
    expire_leases()
    refused = submit(assignment, {"intent": "refund"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "lease_expired"
    assert "kept" in refused.json()["detail"]
    assert client_of(assignment.worker).post(refused.json()["reclaim"]).status_code == 200
    assert submit(assignment, {"intent": "refund"}).status_code == 201


def test_a_stale_lease_whose_slot_is_gone_says_so(item: Item) -> None:
    assignment = lease(item, make_user(), seconds=-5)
    expire_leases()
    assert submit(lease(item, make_user()), {"intent": "other"}).status_code == 201
    late = client_of(assignment.worker).post(f"/api/v1/assignments/{assignment.pk}/reclaim")
    assert late.status_code == 409
    assert late.json()["code"] == "slot_gone"
    assert submit(assignment, {"intent": "refund"}).status_code == 409
    assert Answer.objects.get().value["intent"] == "other"


def upload(project: Project, content: bytes) -> ImportJob:
    path = f"/api/v1/projects/{project.pk}/items:import"
    client = client_of(project.owner)
    client.raise_request_exception = False
    response = client.generic("POST", path, content, content_type="application/x-ndjson")
    assert response.status_code == 202, response.content
    job = ImportJob.objects.get(pk=response.json()["job"]["id"])
    importing.run(job.pk)
    job.refresh_from_db()
    return job


def test_one_file_with_everything_wrong_in_it(project: Project) -> None:
    lines = [
        b'{"id": "good", "text": "Where is my parcel?"}',
        b'{"id": "broken", "text": ',
        b'{"id": "latin", "text": "caf\xe9"}',
        b'{"id": "nul", "text": "a\\u0000b"}',
        b'{"id": "label", "text": "Hello", "approved": {"intent": "sing", "qa": []}}',
        b'{"id": "span", "text": "Hello", "approved": {"intent": "other", "qa": [{"turn": 0, "start": 0, '
        b'"end": 6, "label": "question"}]}}',
        b'{"id": "last", "text": "And my money?"}',
    ]
    job = upload(project, b"\n".join(lines))
    assert job.state == "succeeded"
    assert list(Item.objects.order_by("position").values_list("external_id", flat=True)) == ["good", "last"]
    assert [error["line"] for error in job.errors] == [2, 3, 4, 5, 6]
    assert all(len(error["detail"]) > 10 for error in job.errors)
    assert (job.read, job.imported, job.error_count) == (7, 2, 5)


def test_a_line_of_a_gigabyte_is_skipped_in_little_memory(project: Project, tmp_path: Path) -> None:
    """A sparse file: the line is really there, and takes no room on the disk."""
    path = Path(default_storage.path("huge.jsonl"))
    with path.open("wb") as stream:
        stream.write(b'{"id": "a", "text": "Before."}\n{"id": "huge", "text": "')
        stream.seek(2**30, 1)
        stream.write(b'"}\n{"id": "b", "text": "After."}\n')
    job = ImportJob.objects.create(
        project=project, created_by=project.owner, path="huge.jsonl", size=path.stat().st_size, format="jsonl"
    )
    tracemalloc.start()
    importing.run(job.pk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    job.refresh_from_db()
    assert (job.state, job.read, job.imported) == ("succeeded", 3, 2)
    assert job.errors == [{"line": 2, "detail": mock.ANY}]
    assert "longer than" in job.errors[0]["detail"]
    assert peak < 64 * 2**20


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "Quota exceeded")]
)
def test_a_full_disk_refuses_a_submit_whole(item: Item, error: OSError) -> None:
    assignment = lease(item, make_user())
    with mock.patch("annotations.api.submission.submit_answer", side_effect=error):
        response = submit(assignment, {"intent": "refund"})
    assert (response.status_code, response.json()["code"]) == (507, "disk_full")
    assert submit(assignment, {"intent": "refund"}).status_code == 201


def test_a_full_disk_under_the_database_is_told_apart_from_its_absence() -> None:
    error = OperationalError("could not extend file: No space left on device")
    error.__cause__ = psycopg2.errors.DiskFull()
    refusal = as_domain_error(error)
    assert refusal is not None and refusal.status == 507
