"""Sources that are pulled and webhooks that are told, against servers of the test's own."""

import hashlib
import hmac
import json
import os
import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from applications.finance_monitor import closing, delivering, pulling
from applications.finance_monitor.feeds import Entry, texts_of_feed, texts_of_file
from applications.finance_monitor.models import Alert, Delivery, Monitor, NewsText, Source, Webhook
from applications.finance_monitor.sealing import unseal
from applications.finance_monitor.services.connections import add_source, add_webhook
from applications.finance_monitor.services.texts import Incoming
from common.errors import Conflict, Invalid
from tests.applications.finance_monitor.conftest import NOW, Fill, Server, reply

pytestmark = pytest.mark.django_db
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><language>en-us</language>
<item><title>Rates rise &amp; fall</title>
<description>&lt;p&gt;The &lt;b&gt;bank&lt;/b&gt; acts.&lt;/p&gt;</description>
<pubDate>Fri, 27 Feb 2026 10:20:00 +0100</pubDate></item>
<item><title>Oil is up</title></item><item><title></title></item></channel></rss>"""


def usable(entries: Iterable[Entry]) -> list[Incoming]:
    return [one for one in entries if isinstance(one, Incoming)]


def test_entries_of_a_feed_become_plain_texts_with_their_time() -> None:
    first, second = usable(texts_of_feed(FEED))
    assert first.text == "Rates rise & fall\nThe bank acts." and first.language == "en"
    assert first.at is not None and first.at.isoformat() == "2026-02-27T09:20:00+00:00"
    assert (second.text, second.at) == ("Oil is up", None)


def test_what_is_no_feed_has_no_entries(tmp_path: Path) -> None:
    assert not list(texts_of_feed(b"<html>hello")) and not list(texts_of_feed(b""))
    secret = tmp_path / "secret.xml"
    secret.write_bytes(FEED)
    assert not list(texts_of_feed(str(secret).encode()))


def test_lines_of_a_file_become_texts() -> None:
    lines = '{"text": "One", "at": "2026-02-27T10:00:00"}\nnot json\n[1]\n{"text": " "}\n{"text": "Two"}\n'
    found = usable(texts_of_file("news.jsonl", lines.encode()))
    assert [one.text for one in found] == ["One", "Two"]
    assert found[0].at is not None and found[0].at.tzinfo is not None


@pytest.fixture
def feed(monitor: Monitor, owner: User, server: Server, private: None) -> Source:
    return add_source(monitor=monitor, kind="feed", url=f"{server.url}/rss", minutes=15, actor=owner)


def due(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(next_at=timezone.now())


def test_a_feed_is_pulled_once_when_it_is_due(feed: Source, server: Server) -> None:
    server.answer = lambda request: reply(request, 200, FEED, ETag='"v1"')
    assert pulling.due_sources() == [feed.pk]
    assert (pulling.pull(feed.pk), pulling.pull(feed.pk)) == (2, 0)
    assert len(server.asked) == 1 and pulling.due_sources() == []
    assert set(NewsText.objects.values_list("source", flat=True)) == {feed.pk}


def test_a_feed_that_has_not_changed_is_not_sent_again(feed: Source, server: Server) -> None:
    server.answer = lambda request: reply(
        request, *((304, b"") if request.headers.get("If-None-Match") == '"v1"' else (200, FEED)), ETag='"v1"'
    )
    pulling.pull(feed.pk)
    due(feed)
    assert pulling.pull(feed.pk) == 0
    feed.refresh_from_db()
    assert len(server.asked) == 2 and feed.etag == '"v1"' and not feed.problem


def test_a_feed_that_fails_is_asked_less_and_less_often(feed: Source, server: Server) -> None:
    server.answer = lambda request: reply(request, 500)
    pauses = []
    for _time in range(3):
        due(feed)
        before = timezone.now()
        pulling.pull(feed.pk)
        feed.refresh_from_db()
        pauses.append(round((feed.next_at - before).total_seconds() / 60))
    assert pauses == [30, 60, 120] and "500" in feed.problem
    server.answer = lambda request: reply(request, 200, FEED)
    due(feed)
    assert pulling.pull(feed.pk) == 2
    feed.refresh_from_db()
    assert feed.failures == 0 and feed.problem == ""


def test_a_folder_must_be_one_that_the_administrator_allows(
    monitor: Monitor, owner: User, tmp_path: Path, settings: Settings
) -> None:
    allowed, other = tmp_path / "news", tmp_path / "other"
    allowed.mkdir()
    other.mkdir()
    settings.FINANCE_FEED_DIRS = [str(allowed)]
    (allowed / "out").symlink_to(other)
    for path in (other, allowed / ".." / "other", allowed / "out", Path("/etc"), allowed / "absent"):
        with pytest.raises(Invalid):
            add_source(monitor=monitor, kind="folder", url=str(path), minutes=5, actor=owner)
    assert add_source(monitor=monitor, kind="folder", url=str(allowed), minutes=5, actor=owner).pk


def test_a_folder_is_read_but_for_links_and_for_files_that_were_read(
    monitor: Monitor, owner: User, tmp_path: Path, settings: Settings
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    settings.FINANCE_FEED_DIRS = [str(folder)]
    (folder / "a.jsonl").write_text('{"text": "One"}\n{"text": "Two"}\n')
    (folder / "b.xml").write_bytes(FEED)
    (folder / "c.exe").write_text("no news")
    (tmp_path / "secret.txt").write_text("a secret")
    (folder / "d.txt").symlink_to(tmp_path / "secret.txt")
    source = add_source(monitor=monitor, kind="folder", url=str(folder), minutes=5, actor=owner)
    assert pulling.pull(source.pk) == 4
    os.utime(folder / "b.xml", (0, 0))
    (folder / "e.txt").write_text("Something new")
    due(source)
    assert pulling.pull(source.pk) == 1
    assert not NewsText.objects.filter(text__contains="secret").exists()


def test_a_source_is_there_once(feed: Source, owner: User) -> None:
    with pytest.raises(Conflict):
        add_source(monitor=feed.monitor, kind="feed", url=feed.url, minutes=15, actor=owner)


# --- webhooks ---------------------------------------------------------------------------------------------


@pytest.fixture
def told(
    monitor: Monitor, owner: User, server: Server, private: None, fill: Fill
) -> Iterator[tuple[Alert, str]]:
    """An alert that a webhook is to hear of, and the webhook's secret."""
    new = add_webhook(monitor=monitor, url=f"{server.url}/hook", actor=owner)
    fill(jump=30)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    yield alert, new.secret


def test_the_secret_is_kept_sealed(told: tuple[Alert, str], settings: Settings) -> None:
    hook = Webhook.objects.get()
    assert told[1].encode() not in bytes(hook.sealed) and unseal(hook) == told[1]
    settings.SECRET_KEY = "another"
    assert unseal(hook) is None


def test_an_alert_is_sent_once_and_signed(told: tuple[Alert, str], server: Server) -> None:
    alert, secret = told
    [row] = delivering.due_deliveries()
    assert (delivering.deliver(row), delivering.deliver(row)) == (True, False)
    [(line, headers, body)] = server.asked
    assert line == "POST /hook" and headers["Content-Type"] == "application/json"
    stamp = headers["X-Manyhands-Timestamp"]
    expected = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Manyhands-Signature"] == f"v1={expected}" and headers["X-Manyhands-Delivery"] == str(
        row
    )
    message = json.loads(body)
    assert (message["id"], message["topic"], message["negative"]) == (str(alert.pk), "energy", 30)
    assert Delivery.objects.get().state == "done" and delivering.due_deliveries() == []


def test_it_is_tried_again_with_growing_pauses_and_then_given_up(
    told: tuple[Alert, str],
    server: Server,
) -> None:
    server.answer = lambda request: reply(request, 503)
    pauses = []
    for _time in range(len(delivering.PAUSES) + 1):
        Delivery.objects.update(next_at=timezone.now())
        before = timezone.now()
        assert not delivering.deliver(Delivery.objects.get().pk)
        row = Delivery.objects.get()
        pauses.append(round((row.next_at - before).total_seconds() / 60))
    assert pauses[:-1] == [1, 5, 30, 120, 360, 1440]
    assert (row.state, row.attempts, row.status) == ("given_up", 7, 503)


def test_a_worker_that_dies_over_a_delivery_is_followed_by_another(told: tuple[Alert, str]) -> None:
    [row] = delivering.due_deliveries()
    Delivery.objects.filter(pk=row).update(next_at=timezone.now() + delivering.LEASE)  # it took it, and died
    assert not delivering.deliver(row)
    Delivery.objects.filter(pk=row).update(next_at=timezone.now() - timedelta(seconds=1))
    assert delivering.deliver(row)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_moment_send_it_once(told: tuple[Alert, str], server: Server) -> None:
    [row] = delivering.due_deliveries()
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        delivering.deliver(row)
        connection.close()

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(server.asked) == 1


def test_a_webhook_into_a_private_network_is_refused(monitor: Monitor, owner: User) -> None:
    with pytest.raises(Invalid, match="private network"):
        add_webhook(monitor=monitor, url="http://127.0.0.1:8000/hook", actor=owner)
