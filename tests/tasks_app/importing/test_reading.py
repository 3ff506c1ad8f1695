"""From an uploaded file to items: what is read and what is refused, in which words."""

import tracemalloc
from io import BytesIO
from unittest import mock

import pytest
from django.core.files.storage import default_storage

from tasks_app.importing import job as work
from tasks_app.importing import records
from tasks_app.models import Item
from tests.tasks_app.importing.conftest import lines, load


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


@pytest.mark.parametrize("meta", ["a\x00b", "\ud800", {"deep": ["\x00"]}])
def test_what_the_database_cannot_hold_is_a_bad_line_and_not_the_end(project, meta):
    row = {"id": "x", "text": "a", "meta": {"note": meta}}
    job = load(project, lines(row, {"id": "\ud800", "text": "b"}, {"id": "y", "text": "c"}))
    assert (job.state, job.imported, job.error_count) == ("succeeded", 1, 2)
    assert "/meta" in job.errors[0]["detail"] and "/id" in job.errors[1]["detail"]
