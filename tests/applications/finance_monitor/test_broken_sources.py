"""What is broken in a source is said on the page, and keeps nothing else out."""

import json
import os
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from applications.finance_monitor import folders, pulling
from applications.finance_monitor.feeds import Unusable, texts_of_file
from applications.finance_monitor.models import Monitor, NewsText, Source
from applications.finance_monitor.services.connections import add_source
from applications.finance_monitor.services.texts import Incoming
from tests.applications.finance_monitor.conftest import Server, reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    made = tmp_path / "news"
    made.mkdir()
    settings.FINANCE_FEED_DIRS = [str(made)]
    return made


@pytest.fixture
def source(monitor: Monitor, owner: User, folder: Path) -> Source:
    return add_source(monitor=monitor, kind="folder", url=str(folder), minutes=5, actor=owner)


def pulled(source: Source) -> int:
    Source.objects.filter(pk=source.pk).update(next_at=timezone.now())
    new = pulling.pull(source.pk)
    source.refresh_from_db()
    return new


def texts() -> list[str]:
    return sorted(NewsText.objects.values_list("text", flat=True))


BROKEN = [
    json.dumps({"text": "one\0two"}),
    json.dumps({"text": "half \ud800 of it"}),
    json.dumps({"text": "fine", "language": "e\0"}),
    json.dumps({"text": "long ago", "at": "0001-01-01T00:00:00+14:00"}),
    json.dumps({"text": "far ahead", "at": "9999-12-31T23:59:59-12:00"}),
    json.dumps({"text": "no such day", "at": "2026-02-31T10:00:00"}),
    json.dumps({"text": "no date", "at": "yesterday"}),
    json.dumps({"text": ["a", "list"]})[:-1],
    "[" * 20_000,
    "not json",
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_that_cannot_be_used_keeps_no_other_out(source: Source, folder: Path, line: str) -> None:
    good = [json.dumps({"text": text, "at": "2026-02-27T10:00:00Z"}) for text in ("before", "after")]
    (folder / "news.jsonl").write_text("\n".join([good[0], line, good[1]]))
    assert pulled(source) == 2 and texts() == ["after", "before"]
    assert (source.problem, source.failures, source.refused) == ("", 0, 1)
    assert source.refused_why.startswith("news.jsonl 2: ") and len(source.refused_why) > 16


def test_what_was_refused_stands_on_the_page_until_something_better_was_read(
    source: Source, folder: Path, owner: User, client: Client
) -> None:
    (folder / "a.jsonl").write_text('{"text": "one"}\nnot json\n')
    pulled(source)
    assert pulled(source) == 0 and source.refused == 1  # a look that found nothing new changes nothing
    client.force_login(owner)
    page = client.get(f"/projects/{source.monitor_id}/finance-monitor/settings/").content.decode()
    assert "1 entry could not be taken." in page and "a.jsonl 2:" in page
    (folder / "a.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    assert pulled(source) == 1 and (source.refused, source.refused_why) == (0, "")


def test_a_feed_with_a_broken_entry_gives_the_others(
    monitor: Monitor, owner: User, server: Server, private: None
) -> None:
    items = "".join(
        f"<item><title>{title}</title><pubDate>{date}</pubDate></item>"
        for title, date in [
            ("First", "Fri, 27 Feb 2026 10:20:00 GMT"), ("Old", "Mon, 01 Jan 0001 00:00:00 +1400"),
            ("Ahead", "Fri, 31 Dec 9998 00:00:00 GMT"), ("Last", "Fri, 27 Feb 2026 10:25:00 GMT"),
        ]
    )  # fmt: skip
    body = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()
    server.answer = lambda request: reply(request, 200, body)
    source = add_source(monitor=monitor, kind="feed", url=f"{server.url}/rss", minutes=15, actor=owner)
    assert pulled(source) >= 2 and {"First", "Last"} <= set(texts()) and "Ahead" not in texts()
    assert not source.problem and source.refused >= 1


def test_an_error_of_ours_is_shown_and_the_source_is_asked_less_often(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise KeyError("entries")

    (folder / "a.txt").write_text("Something")
    monkeypatch.setattr(folders, "entries_of", fail)
    assert pulled(source) == 0
    assert "KeyError" in source.problem or "error of ours" in source.problem
    assert source.failures == 1 and (source.next_at - timezone.now()).total_seconds() > 500


def test_however_many_files_there_are_each_is_read(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MOST_FILES", 3)
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"news {number}")
    assert [pulling.pull(source.pk) for _look in range(4)] == [3, 3, 2, 0]
    assert len(texts()) == 8


def test_a_file_that_is_moved_in_is_read_however_old_it_is(
    source: Source, folder: Path, tmp_path: Path
) -> None:
    (folder / "a.txt").write_text("the first")
    old = tmp_path / "b.txt"
    old.write_text("written long before the first look")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    assert pulled(source) == 1
    old.rename(folder / "b.txt")
    assert pulled(source) == 1 and len(texts()) == 2


def test_a_file_that_cannot_be_read_is_named_and_holds_up_nothing(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.txt").write_text("secret")
    (folder / "b.txt").write_text("public")
    usual = folders.entries_of

    def refuse(file: folders.File) -> object:
        if file.path.name == "a.txt":
            raise PermissionError
        return usual(file)

    monkeypatch.setattr(folders, "entries_of", refuse)
    assert pulled(source) == 1 and texts() == ["public"]
    assert source.refused == 1 and source.refused_why.startswith("a.txt: ")
    monkeypatch.undo()
    (folder / "a.txt").touch()
    assert pulled(source) == 1


def test_a_file_that_is_too_large_holds_up_nothing(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MOST_FILE_BYTES", 1024**2)
    (folder / "a.txt").write_text("x" * (1024**2 + 1))
    (folder / "b.txt").write_text("small")
    assert pulled(source) == 1 and texts() == ["small"] and "1 MB" in source.refused_why


def test_every_line_of_a_long_file_is_read() -> None:
    lines = "".join(json.dumps({"text": f"news {n}"}) + "\n" for n in range(60_000))
    found = list(texts_of_file("all.jsonl", lines.encode()))
    assert len(found) == 60_000 and found[-1] == Incoming("news 59999")


def test_a_line_separator_within_a_text_ends_no_line() -> None:
    [one] = texts_of_file("a.jsonl", json.dumps({"text": "a\u2028b"}, ensure_ascii=False).encode())
    assert not isinstance(one, Unusable) and one.text == "a\u2028b"
