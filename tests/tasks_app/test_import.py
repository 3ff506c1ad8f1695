"""From an uploaded file to items: what is read, refused, replaced, and what a killed worker leaves."""

import errno
import json
import tracemalloc
from io import BytesIO
from unittest import mock

import psutil
import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from accounts.models import User
from privacy.models import Finding, VaultEntry
from privacy.services import vault
from tasks_app.importing import job as work
from tasks_app.importing import records
from tasks_app.models import ImportJob, Item
from tasks_app.services import imports
from tests.tasks_app.conftest import CHOICE, make_project

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
FIELDS = [
    *CHOICE,
    {"name": "qa", "type": "span", "scope": "turn", "labels": ["question"], "required": False},
]


@pytest.fixture
def project(owner):
    return make_project(owner, fields=FIELDS)


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def lines(*rows):
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def load(project, content, format="jsonl", **options):
    job = imports.start_import(
        project=project, actor=project.owner, chunks=[content], format=format, options=options
    )
    work.run(job.pk)
    job.refresh_from_db()
    return job


def test_good_lines_become_items_in_their_order(project):
    job = load(project, lines({"id": "a", "text": "One."}, {"id": "b", "pair": ["x", "y"]}))
    assert (job.state, job.read, job.imported) == ("succeeded", 2, 2)
    assert list(Item.objects.order_by("position").values_list("external_id", flat=True)) == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"id": "x", "text": "open', "Not JSON"),
        (b'{"id": "x", "text": "\xff\xfe"}', "Not UTF-8"),
        (b"[1, 2]", "Expected an object"),
        (b'{"id": "x"}', "exactly one of"),
        (b'{"id": "x", "text": "a", "split": "dev"}', "/split"),
        (b'{"id": "x", "text": "a", "gold": {"intent": "nonsense"}}', "/gold/intent"),
        (
            b'{"id": "x", "text": "short", "gold": {"intent": "refund", '
            b'"qa": [{"turn": 0, "start": 2, "end": 99, "label": "question"}]}}',
            "/gold/qa/0/end",
        ),
        (b'{"id": "x", "text": "a", "answers": [{"value": {}}]}', "/answers/0"),
        (b"[" * 100_000, "Not JSON"),
    ],
)
def test_a_bad_line_is_reported_with_its_number_and_the_others_go_in(project, line, expected):
    job = load(project, lines({"id": "a", "text": "One."}, line, {"id": "b", "text": "Two."}))
    assert (job.state, job.imported, job.error_count) == ("succeeded", 2, 1)
    assert job.errors[0]["line"] == 2
    assert expected in job.errors[0]["detail"]


def test_an_overlong_line_is_skipped_without_reading_it_into_memory(project):
    class Endless(BytesIO):
        """Two short lines around one of 300 MB that never exists as a whole."""

        left = 300 * 1024 * 1024

        def seek(self, *where):
            return 0

        def readline(self, size=-1):
            if self.left <= 0:
                return super().readline(size)
            piece = min(size, self.left)
            self.left -= piece
            return b"x" * piece + (b"\n" if self.left <= 0 else b"")

    tracemalloc.start()
    found = list(records.read_lines(Endless(b'{"text": "after"}\n'), max_bytes=100_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found[0], records.Broken) and "longer than" in found[0].detail
    assert isinstance(found[1], records.Raw) and found[1].line == b'{"text": "after"}\n'
    assert peak < 5_000_000


def test_equal_texts_come_in_once_unless_wanted(project):
    twice = lines({"id": "a", "text": "Same."}, {"id": "b", "text": "Same."})
    job = load(project, twice)
    assert (job.imported, job.skipped) == (1, {"duplicate": 1})
    again = load(project, twice)
    assert (again.imported, again.skipped) == (0, {"duplicate": 2})
    kept = load(project, lines({"text": "Same."}, {"text": "Same."}), keep_duplicates=True)
    assert kept.imported == 2


def test_an_id_that_stands_for_another_text_is_refused(project):
    job = load(project, lines({"id": "a", "text": "One."}, {"id": "a", "text": "Another."}))
    assert (job.imported, job.skipped) == (1, {"duplicate_id": 1})
    assert "taken by another text" in job.errors[0]["detail"]


def test_personal_data_is_replaced_and_labels_move_with_the_text(project):
    text = "My email is anna.smith@example.com. When will it come?"
    start = text.index("When")
    gold = {
        "intent": "delivery",
        "qa": [{"turn": 0, "start": start, "end": len(text), "label": "question"}],
    }
    with override_settings(VAULT_KEY=KEY):
        job = load(project, lines({"id": "a", "text": text, "gold": gold}))
        item = Item.objects.get()
        assert "anna.smith@example.com" not in json.dumps([item.payload, item.meta, job.findings])
        [span] = item.gold["qa"]
        assert item.payload["text"][span["start"] : span["end"]] == "When will it come?"
        found = Finding.objects.get()
        assert item.payload["text"][found.start : found.end] == found.replacement
        originals = vault.reveal(item_id=item.pk, actor=project.owner_id, reason="checking the vault")
    assert originals[0]["value"] == "anna.smith@example.com"
    assert b"anna.smith" not in bytes(VaultEntry.objects.get().sealed)
    assert sum(job.findings.values()) == 1


def test_a_speaker_s_name_is_replaced_and_a_role_stays(project):
    turns = [
        {"speaker": "agent", "text": "May I have your name, please?"},
        {"speaker": "Anna Smith", "text": "I'm Anna Smith and my parcel is late."},
    ]
    load(project, lines({"turns": turns}))
    shown = Item.objects.get().payload["turns"]
    assert [turn["speaker"] for turn in shown] == ["agent", "[PERSON_1]"]
    assert "Anna" not in json.dumps(shown)
    assert "[PERSON_1]" in shown[1]["text"]


def test_meta_and_ids_pass_the_same_gate_and_their_originals_are_sealed(project):
    row = {
        "id": "13812345678",
        "group": "anna.smith@example.com",
        "turns": [{"speaker": "Anna Smith", "text": "Hello there."}],
        "meta": {"shop": "north", "contact": ["anna.smith@example.com"], "customer_name": "ravi", "n": 3},
    }
    with override_settings(VAULT_KEY=KEY):
        job = load(project, lines(row, {**row, "id": "x-2", "turns": [{"speaker": "agent", "text": "Bye."}]}))
        first, second = Item.objects.order_by("position")
        originals = vault.reveal(item_id=first.pk, actor=project.owner_id, reason="checking the vault")
    shown = json.dumps([[i.external_id, i.group, i.meta, i.payload] for i in (first, second)])
    assert not any(secret in shown for secret in ("13812345678", "anna", "Anna", "ravi"))
    assert first.meta == {
        "shop": "north", "contact": ["[EMAIL_1]"], "customer_name": "[PERSON_2]", "n": 3,
    }  # fmt: skip
    assert first.group == second.group and first.group.startswith("email-")
    assert second.external_id == "x-2"
    assert {(one["place"], one["value"]) for one in originals} == {
        ("external_id", "13812345678"),
        ("group", "anna.smith@example.com"),
        ("meta", "anna.smith@example.com"),
        ("meta", "ravi"),
        ("speaker", "Anna Smith"),
    }
    assert job.findings == {"PERSON": 3, "EMAIL": 4, "PHONE": 1}
    assert Finding.objects.count() == 0  # nothing stood in the texts


def test_an_id_that_became_a_pseudonym_is_still_taken(project):
    load(project, lines({"id": "anna@example.com", "text": "One."}))
    job = load(project, lines({"id": "anna@example.com", "text": "Another."}))
    assert (job.imported, job.skipped) == (0, {"duplicate_id": 1})
    assert "anna" not in job.errors[0]["detail"]


def test_meta_of_a_project_that_keeps_personal_data_stays(owner):
    project = make_project(owner, privacy_policy="keep")
    load(project, lines({"id": "anna@example.com", "text": "One.", "meta": {"mail": "anna@example.com"}}))
    item = Item.objects.get()
    assert (item.external_id, item.meta) == ("anna@example.com", {"mail": "anna@example.com"})


def test_a_name_of_somebody_who_answered_becomes_a_pseudonym(project):
    said = [{"annotator": name, "value": {"intent": "refund"}} for name in ("anna@example.com", "w01")]
    load(project, lines({"id": "1", "text": "One.", "answers": said}))
    names = sorted(User.objects.filter(imported=True).values_list("display_name", flat=True))
    assert names[0].startswith("email-") and names[1] == "w01" and "anna" not in names[0]


@pytest.mark.parametrize(
    "content, format",
    [
        (b'[{"text": "I am Rebecca Edwards, 555-1234" x}]', "json"),
        (lines({"text": "a", "rebecca.e@example.net": 1, "approved": {"rebecca.e@example.net": 1}}), "jsonl"),
    ],
)
def test_a_reason_repeats_nothing_of_what_stands_in_the_file(project, content, format):
    job = load(project, content, format)
    assert job.reason or job.errors
    assert not any(part in f"{job.reason} {job.errors}" for part in ("Rebecca", "rebecca", "555"))


def test_an_error_of_ours_is_told_without_values(project):
    fault = ValueError("cannot read 'Rebecca Edwards'")
    with mock.patch.object(work, "prepare", side_effect=fault):
        job = load(project, lines({"text": "a"}))
    assert job.state == "failed" and "ValueError" in job.reason and "Rebecca" not in job.reason


def test_offsets_follow_when_the_text_is_normalised(project):
    text = "Cafe\u0301 or tea?"  # e and a combining accent: one code point fewer in NFC
    gold = {"intent": "refund", "qa": [{"turn": 0, "start": 6, "end": 13, "label": "question"}]}
    load(project, lines({"text": text, "gold": gold}))
    item = Item.objects.get()
    [span] = item.gold["qa"]
    assert item.payload["text"][span["start"] : span["end"]] == "or tea?"


@pytest.mark.parametrize(
    ("policy", "imported", "left"), [("keep", 1, True), ("drop", 0, False), ("mask", 1, False)]
)
def test_the_project_decides_what_happens_to_personal_data(owner, policy, imported, left):
    project = make_project(owner, privacy_policy=policy)
    job = load(project, lines({"text": "Write to bob@example.com please."}))
    assert job.imported == imported
    assert any("bob@example.com" in str(item.payload) for item in Item.objects.all()) == left


def test_the_uploaded_file_is_gone_afterwards(project):
    job = load(project, lines({"text": "Call 555-0199."}))
    assert not default_storage.exists(job.path)


def test_csv_and_json_arrays_are_read_too(project):
    load(project, b'id,text,gold.intent,shop\n1,"Hello, there",refund,north\n', "csv")
    load(project, b'[{"id": "2", "text": "Two"}, 5]', "json")
    first, second = Item.objects.order_by("position")
    assert (first.payload, first.gold["intent"], first.meta) == (
        {"text": "Hello, there"},
        "refund",
        {"shop": "north"},
    )
    assert second.external_id == "2"


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


def shown(project):
    items = Item.objects.filter(project=project).order_by("position")
    rows = list(items.values_list("external_id", "payload", "content_hash", "gold", "state"))
    found = Finding.objects.filter(project=project.pk).order_by("replacement", "start")
    return rows, sorted(found.values_list("kind", "start", "end", "replacement", "detector"))


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


@pytest.mark.parametrize("meta", ["a\x00b", "\ud800", {"deep": ["\x00"]}])
def test_what_the_database_cannot_hold_is_a_bad_line_and_not_the_end(project, meta):
    row = {"id": "x", "text": "a", "meta": {"note": meta}}
    job = load(project, lines(row, {"id": "\ud800", "text": "b"}, {"id": "y", "text": "c"}))
    assert (job.state, job.imported, job.error_count) == ("succeeded", 1, 2)
    assert "/meta" in job.errors[0]["detail"] and "/id" in job.errors[1]["detail"]


def test_a_batch_ends_when_it_is_large(project, monkeypatch):
    monkeypatch.setattr(work, "BATCH_BYTES", 1000)
    sizes = []
    store = work._store
    with mock.patch.object(work, "_store", lambda *args: (sizes.append(args[2].read), store(*args))):
        load(project, lines(*({"text": f"{n} " + "x" * 400} for n in range(7))))
    assert sizes == [3, 3, 1]


def test_a_full_disk_gives_507_and_stores_nothing(project, sign_in):
    client = sign_in(project.owner)
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch.object(imports, "TemporaryFile", side_effect=full):
        response = client.post(
            f"/api/v1/projects/{project.pk}/items:import",
            data=lines({"text": "a"}),
            content_type="application/x-ndjson",
        )
    assert response.status_code == 507
    assert "disk is full" in response.json()["detail"]
    assert not ImportJob.objects.exists()


def test_upload_over_rest_is_a_job_and_its_key_makes_one(project, sign_in):
    client = sign_in(project.owner)

    def upload(content):
        return client.post(
            f"/api/v1/projects/{project.pk}/items:import",
            data=content,
            content_type="application/x-ndjson",
            headers={"Idempotency-Key": "k"},
        )

    first, again = upload(lines({"text": "a"})), upload(lines({"text": "a"}))
    other = upload(lines({"text": "b"}))
    assert first.status_code == again.status_code == 202
    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    assert other.status_code == 409
    job = first.json()["job"]["id"]
    assert client.get(f"/api/v1/import-jobs/{job}").json()["state"] == "queued"


def test_a_form_upload_and_an_unknown_type(project, sign_in):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = sign_in(project.owner)
    path = f"/api/v1/projects/{project.pk}/items:import"
    form = client.post(path, {"file": SimpleUploadedFile("d.csv", b"id,text\n1,a\n", "text/csv")})
    assert form.status_code == 202
    unknown = client.post(path, data=b"x", content_type="application/zip")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_format")
    empty = client.post(path, data=b"", content_type="text/csv")
    assert empty.status_code == 422


def test_a_stranger_does_not_see_the_job(project, stranger, sign_in):
    job = load(project, lines({"text": "a"}))
    assert sign_in(stranger).get(f"/api/v1/import-jobs/{job.pk}").status_code == 404
