"""What an import leaves that breaks off: a killed worker, a lost helper, a full batch."""

from unittest import mock

import psutil
import pytest
from django.test import override_settings

from privacy.models import VaultEntry
from privacy.services import vault
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item
from tasks_app.services import imports
from tests.tasks_app.conftest import make_project
from tests.tasks_app.importing.conftest import FIELDS, KEY, lines, load, shown


@pytest.mark.parametrize(
    ("content", "format", "expected"),
    [
        (b'[{"text": "a"}, {"te', "json", "not a JSON array after element 1"),
        (b"{}", "json", "holds no JSON array"),
        (b"id,text\n1,\xff\n", "csv", "not UTF-8"),
    ],
)
def test_a_file_that_breaks_off_fails_with_a_reason_and_keeps_what_it_can(project, content, format, expected):
    job = load(project, content, format)
    assert job.state == "failed"
    assert expected in job.reason


def test_a_killed_worker_s_job_goes_on_where_it_stopped(project, monkeypatch):
    rows = [{"id": str(n), "text": f"Number {n}."} for n in range(500)]
    job = imports.start_import(project=project, actor=project.owner, chunks=[lines(*rows)], format="jsonl")
    monkeypatch.setattr(work, "BATCH", 200)
    with (
        mock.patch.object(work, "prepare", side_effect=_fail_on_call(3, work.prepare)),
        pytest.raises(MemoryError),
    ):
        work.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.imported) == ("running", 400)
    work.run(job.pk)  # another worker, too early: the first may still be alive
    assert Item.objects.count() == 400
    ImportJob.objects.update(heartbeat_at=None)
    ImportJob.objects.update(heartbeat_at=job.created_at - work.STALE_AFTER * 2)
    assert work.stale_jobs() == [job.pk]
    work.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.read, job.imported) == ("succeeded", 500, 500)
    assert Item.objects.count() == 500


def _fail_on_call(number, real):
    calls = 0

    def prepare(*args):
        nonlocal calls
        calls += 1
        if calls == number:
            raise MemoryError
        return real(*args)

    return prepare


@pytest.fixture
def with_helpers(settings, monkeypatch):
    """Two other processes prepare the lines, whatever the size of the file."""
    settings.IMPORT_PROCESSES = 2
    monkeypatch.setattr(work, "WORTH_HELPERS", -1)
    monkeypatch.setattr(work, "BATCH", 20)


def personal_rows(count):
    """Every tenth line is bad; each good one has somebody's data and a label to be carried along."""
    for n in range(count):
        text = f"I'm Rebecca Edwards, order 48{n:03d}-11873. When will it come?"
        start = text.index("When")
        span = {"turn": 0, "start": start, "end": len(text), "label": "question"}
        good = {"id": f"r{n}", "text": text, "gold": {"intent": "refund", "qa": [span]}}
        yield b"{broken" if n % 10 == 9 else good


def import_helpers():
    alive = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "tasks_app.importing.crew" in child.cmdline()]


def test_with_helpers_the_same_comes_in_as_without(owner, project, settings, with_helpers):
    content = lines(*personal_rows(250))
    with override_settings(VAULT_KEY=KEY):
        helped = load(project, content)
        settings.IMPORT_PROCESSES = 1
        other = make_project(owner, fields=FIELDS)
        alone = load(other, content)
        sealed = VaultEntry.objects.filter(project=project.pk).first()
        originals = vault.reveal(item_id=sealed.item, actor=owner.pk, reason="checking the vault")
    assert (helped.state, helped.imported, helped.error_count) == ("succeeded", 225, 25)
    assert [error["line"] for error in helped.errors] == list(range(10, 251, 10))
    assert (helped.errors, helped.findings, helped.offset) == (alone.errors, alone.findings, alone.offset)
    assert shown(project) == shown(other)
    assert "Rebecca Edwards" in {original["value"] for original in originals}
    assert VaultEntry.objects.filter(project=project.pk).count() == 225


def test_a_helper_that_is_killed_loses_nothing(project, with_helpers):
    rows = list(personal_rows(300))
    job = imports.start_import(project=project, actor=project.owner, chunks=[lines(*rows)], format="jsonl")
    store = work._store

    def store_and_kill(*args):
        for helper in import_helpers():
            helper.kill()
        store(*args)

    with (
        mock.patch.object(work, "_store", store_and_kill),
        pytest.raises(OSError, match="is gone|Broken pipe"),
    ):
        work.run(job.pk)
    job.refresh_from_db()
    assert job.state == "running" and 0 < job.read < 300
    ImportJob.objects.update(heartbeat_at=job.created_at - work.STALE_AFTER * 2)
    work.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.read, job.imported, job.error_count) == ("succeeded", 300, 270, 30)
    assert Item.objects.count() == Item.objects.values("external_id").distinct().count() == 270


def test_no_helper_outlives_its_import(project, with_helpers):
    load(project, lines(*personal_rows(60)))
    assert import_helpers() == []


def test_a_batch_ends_when_it_is_large(project, monkeypatch):
    monkeypatch.setattr(work, "BATCH_BYTES", 1000)
    sizes = []
    store = work._store
    with mock.patch.object(work, "_store", lambda *args: (sizes.append(args[2].read), store(*args))):
        load(project, lines(*({"text": f"{n} " + "x" * 400} for n in range(7))))
    assert sizes == [3, 3, 1]
