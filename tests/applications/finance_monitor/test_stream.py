"""Texts come in once, are read once, and are counted once, whoever is killed on the way."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from applications.finance_monitor import counting, reading
from applications.finance_monitor.models import Count, Monitor, NewsText
from applications.finance_monitor.services.texts import Incoming, push_texts
from common.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
AT = datetime(2026, 2, 27, 10, 20, tzinfo=UTC)


def texts(number: int, *, at: datetime = AT, word: str = "bad") -> list[Incoming]:
    return [Incoming(f"{word} news number {n}", at) for n in range(number)]


def test_each_text_is_taken_once(monitor: Monitor) -> None:
    first = push_texts(monitor=monitor, texts=[*texts(3), Incoming("bad   news number 0", AT)])
    again = push_texts(monitor=monitor, texts=texts(4))
    assert (first.new, first.known, again.new, again.known) == (3, 1, 1, 3)
    assert NewsText.objects.count() == 4


def test_personal_data_is_not_stored(monitor: Monitor) -> None:
    push_texts(monitor=monitor, texts=[Incoming("Call maria.weber@mailbox.example about the bid.")])
    stored = NewsText.objects.get()
    assert "maria.weber" not in stored.text and "[EMAIL" in stored.text


def test_one_text_that_cannot_be_taken_refuses_all_with_its_place(monitor: Monitor) -> None:
    later = datetime(2199, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        push_texts(monitor=monitor, texts=[Incoming("fine"), Incoming(""), Incoming("soon", later)])
    assert [one.pointer for one in refused.value.problems] == ["/texts/1/text", "/texts/2/at"]
    assert not NewsText.objects.exists()


def test_reading_counts_by_topic_and_quarter(monitor: Monitor, reader: list[str]) -> None:
    push_texts(
        monitor=monitor, texts=[*texts(3), *texts(2, word="fine"), Incoming("bad", AT + timedelta(hours=1))]
    )
    assert reading.read_waiting(monitor.pk) == 6
    rows = list(Count.objects.order_by("start").values_list("topic", "start", "total", "negative"))
    quarter = AT.replace(minute=15)
    assert rows == [("energy", quarter, 5, 3), ("energy", quarter + timedelta(hours=1), 1, 1)]
    assert reading.read_waiting(monitor.pk) == 0 and len(reader) == 6


def test_texts_wait_while_nothing_is_in_production(monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(**_asked: object) -> None:
        raise Conflict("No version.", code="no_version")

    monkeypatch.setattr(reading.asking, "ask", nobody)
    push_texts(monitor=monitor, texts=texts(2))
    assert reading.read_waiting(monitor.pk) == 0
    assert NewsText.objects.filter(state="waiting").count() == 2


def test_a_worker_that_dies_between_reading_and_counting_leaves_nothing_half_done(
    monitor: Monitor, reader: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    push_texts(monitor=monitor, texts=texts(3))

    def die(*_args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as killed, pytest.raises(SystemExit):
        killed.setattr(counting, "add_texts", die)
        reading.read_waiting(monitor.pk)
    assert NewsText.objects.filter(state="waiting").count() == 3
    assert reading.read_waiting(monitor.pk) == 3
    assert Count.objects.get().total == 3


def test_one_text_that_cannot_be_read_does_not_hold_up_the_others(
    monitor: Monitor, reader: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    push_texts(monitor=monitor, texts=[*texts(2), Incoming("poison", AT), Incoming("fine", AT)])
    usual = reading.asking.ask

    def ask(*, items: Sequence[Any], **more: Any) -> Any:
        if any(item["text"] == "poison" for item in items):
            raise Invalid("It cannot be read.")
        return usual(items=items, **more)

    monkeypatch.setattr(reading.asking, "ask", ask)
    assert reading.read_waiting(monitor.pk) == 3
    assert Count.objects.get().total == 3
    poison = NewsText.objects.get(text="poison")
    assert (poison.state, poison.problem, poison.attempts) == ("failed", "It cannot be read.", 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_count_each_text_once(monitor: Monitor, reader: list[str]) -> None:
    push_texts(monitor=monitor, texts=texts(300))
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        reading.read_waiting(monitor.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Count.objects.get().total == 300 and len(reader) == 300


@pytest.mark.django_db(transaction=True)
def test_two_pushes_of_the_same_texts_at_one_moment_take_them_once(monitor: Monitor) -> None:
    start, taken = threading.Barrier(2), []

    def push() -> None:
        start.wait()
        taken.append(push_texts(monitor=monitor, texts=texts(200)).new)
        connection.close()

    both = [threading.Thread(target=push) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(taken) == NewsText.objects.count() == 200


# --- bins -------------------------------------------------------------------------------------------------


def count(monitor: Monitor, *starts: datetime) -> None:
    for start in starts:
        Count.objects.create(monitor=monitor, topic="rates", start=start, total=2, negative=1)


def bins(monitor: Monitor, *, bin: str, zone: str, until: datetime) -> list[tuple[str, int]]:
    since = until - timedelta(days=10)
    found = counting.series_of(monitor.pk, bin=bin, time_zone=zone, since=since, until=until)
    one = found["rates"]
    return [(f"{start:%d %H}", int(total)) for start, total in zip(one.starts, one.total, strict=True)]


def test_days_are_those_of_the_time_zone_also_where_it_is_half_an_hour_off(monitor: Monitor) -> None:
    # 18:15 and 18:30 UTC are 23:45 of the 10th and 0:00 of the 11th in Kolkata.
    count(monitor, datetime(2026, 3, 10, 18, 15, tzinfo=UTC), datetime(2026, 3, 10, 18, 30, tzinfo=UTC))
    until = datetime(2026, 3, 12, 0, tzinfo=UTC)
    assert bins(monitor, bin="day", zone="Asia/Kolkata", until=until) == [("10 00", 2), ("11 00", 2)]
    assert bins(monitor, bin="day", zone="UTC", until=until) == [("10 00", 4), ("11 00", 0)]


def test_bins_without_texts_are_there_and_one_that_has_not_ended_is_not(monitor: Monitor) -> None:
    count(monitor, datetime(2026, 3, 10, 9, 15, tzinfo=UTC), datetime(2026, 3, 10, 12, 0, tzinfo=UTC))
    until = datetime(2026, 3, 10, 12, 59, tzinfo=UTC)
    assert bins(monitor, bin="hour", zone="UTC", until=until) == [("10 09", 2), ("10 10", 0), ("10 11", 0)]


def test_a_clock_change_makes_no_bin_twice(monitor: Monitor) -> None:
    """On 29 March 2026 Berlin goes from 2 to 3 o'clock; on 25 October from 3 back to 2."""
    count(monitor, datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    spring = bins(monitor, bin="hour", zone="Europe/Berlin", until=datetime(2026, 3, 29, 2, tzinfo=UTC))
    assert spring == [("29 01", 2), ("29 02", 0), ("29 03", 2)]
    count(monitor, datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC))
    autumn = bins(monitor, bin="hour", zone="Europe/Berlin", until=datetime(2026, 10, 25, 2, tzinfo=UTC))
    assert autumn == [("25 02", 4)]
