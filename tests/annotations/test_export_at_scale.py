"""Exports of many items: flat memory, first lines at once, one statement, and nothing left behind."""

import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services.tokens import create_token
from annotations.exporting.formats import FORMATS, chunks
from annotations.exporting.rows import Export
from annotations.exporting.zipping import StreamedZip
from annotations.models import Answer, Consensus
from tasks_app.models import Item, Project
from tests.factories import CHOICE, SPAN, make_project, make_user

ROOT = Path(__file__).resolve().parents[2]
SPANS = [{"turn": 0, "start": 0, "end": 5, "label": "question"}]
TEXT = "Where is my parcel? It should have been here on Monday, and today is Thursday. " * 12

MEASURE = """
import resource, sys, django
django.setup()
from annotations.exporting.formats import chunks
from annotations.exporting.rows import Export
from tasks_app.models import Project
export = Export(Project.objects.get(pk=sys.argv[1]), "all")
size = sum(map(len, chunks(export, sys.argv[2])))
print(export.progress.items, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def answered(count: int) -> Project:
    """A project whose items all have two answers and approved values."""
    project = make_project(fields=[CHOICE, SPAN], title="Chats")
    items = Item.objects.bulk_create(
        Item(
            project=project, external_id=str(n), payload={"text": f"{n} {TEXT}"}, content_hash=f"{n:064}",
            position=n, state=Item.State.CLOSED,
        )
        for n in range(count)
    )  # fmt: skip
    version = project.schema_versions.get()
    value = {"intent": "refund", "qa": SPANS}
    answers = [
        Answer(
            project=project, item=item, worker=worker, schema_version=version, value=value, state="approved",
            source=Answer.Source.IMPORTED, seconds=5,
        )
        for worker in (make_user(), make_user())
        for item in items
    ]  # fmt: skip
    Answer.objects.bulk_create(answers)
    Consensus.objects.bulk_create(
        Consensus(project=project, item=item, field=name, value=value[name], confidence=0.9, state="approved")
        for item in items
        for name in value
    )
    return project


def database_url() -> str:
    """The test's own database, as another process is told of it."""
    found = connection.settings_dict
    where = urlencode({"host": found["HOST"], "user": found["USER"], "port": found["PORT"]})
    return f"postgresql:///{quote(found['NAME'])}?{where}"


def environment() -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings"}


@pytest.mark.django_db
@pytest.mark.parametrize("format", FORMATS)
def test_the_number_of_queries_does_not_grow_with_the_items(format: str) -> None:
    def queries(count: int) -> int:
        export = Export(answered(count), "all")
        with CaptureQueriesContext(connection) as caught:
            b"".join(chunks(export, format))
        return len(caught)

    assert queries(2) == queries(30)


@pytest.mark.django_db
def test_progress_counts_the_items() -> None:
    export = Export(answered(7), "all")
    b"".join(chunks(export, "jsonl"))
    assert export.progress.items == 7


@pytest.mark.django_db
@pytest.mark.parametrize("format", FORMATS)
def test_the_first_bytes_come_before_the_last_items_are_read(
    format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotations.exporting.rows._PAGE", 5)
    monkeypatch.setattr("annotations.exporting.hugging_face._ROWS", 5)
    export = Export(answered(40), "all")
    body = chunks(export, format)
    assert next(body) and export.progress.items <= 10
    b"".join(body)
    assert export.progress.items == 40


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_the_items() -> None:
    few, many = answered(300), answered(6000)
    for format in FORMATS:
        peaks = []
        for project, count in ((few, 300), (many, 6000)):
            command = [sys.executable, "-c", MEASURE, str(project.pk), format]
            done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-2000:]
            items, size, peak = map(int, done.stdout.split())
            assert items == count and size > 0
            peaks.append(peak)
        # 6,000 items are 10 MB of JSON, and several times as much as objects.
        assert peaks[1] - peaks[0] < 30, (format, peaks)


def test_a_zip_is_there_piece_by_piece_and_whole_at_the_end() -> None:
    archive = StreamedZip()
    pieces = []
    for name in ("a", "b"):
        with archive.member(name) as file:
            for _ in range(3):
                file.write(name.encode() * 10)
                pieces.append(archive.made())
    assert all(pieces)
    with zipfile.ZipFile(BytesIO(b"".join([*pieces, archive.finish()]))) as bundle:
        assert bundle.testzip() is None
        assert {name: bundle.read(name) for name in bundle.namelist()} == {"a": b"a" * 30, "b": b"b" * 30}


@pytest.fixture
def address(transactional_db: None) -> Iterator[tuple[str, int]]:
    """The real web server over the test's database."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "config.serve", "--fd", str(listener.fileno())]
        process = subprocess.Popen(
            [*command, "--processes", "1"], env=environment(), cwd=ROOT, pass_fds=(listener.fileno(),)
        )
        yield listener.getsockname()
        process.terminate()
        process.wait(20)


def ask(address: tuple[str, int], path: str, token: str = "") -> HTTPResponse:
    http = HTTPConnection(*address, timeout=60)
    headers = {"Authorization": f"Token {token}"} if token else {}
    http.request("GET", path, headers={**headers, "Accept-Encoding": "gzip"})
    response = http.getresponse()
    assert response.status == 200
    return response


def transactions_of_others() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return list(cursor.fetchall())


@pytest.mark.slow
@pytest.mark.parametrize("format", ["jsonl", "hf"])
def test_a_reader_who_leaves_frees_everything_and_holds_up_nobody(
    address: tuple[str, int], format: str
) -> None:
    project = answered(6000)
    _row, token = create_token(user=project.owner)
    response = ask(address, f"/api/v1/projects/{project.pk}/export?which=all&format={format}", token)
    assert response.headers["Content-Encoding"] == "identity" and response.read(100)
    if format == "jsonl":  # ten megabytes do not fit into the pipes: the server waits for the reader
        assert transactions_of_others()
    began = time.monotonic()
    assert ask(address, "/healthz").read()
    assert time.monotonic() - began < 2
    response.close()
    deadline = time.monotonic() + 20
    while transactions_of_others() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert transactions_of_others() == []


@pytest.mark.django_db
def test_the_page_says_how_much_there_is(client: Any) -> None:
    project = answered(3)
    client.force_login(project.owner)
    page = client.get(f"/projects/{project.pk}/").content.decode()
    assert "3 settled items, about" in page and "format=hf&amp;which=all" in page
