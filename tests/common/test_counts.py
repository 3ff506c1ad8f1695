"""Figures over many rows: live where that is cheap, kept with their time where it is not."""

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from common import counts, tasks
from common.counts import Count, kept_when_costly

seen: list[list[str]] = []
wait = [0.0]


@kept_when_costly
def lengths(ids: Sequence[str]) -> dict[str, int]:
    seen.append(list(ids))
    time.sleep(wait[0])
    return {one: len(one) + len(seen) for one in ids}


@pytest.fixture(autouse=True)
def _anew(redis_url: str, settings, monkeypatch) -> None:
    seen.clear()
    wait[0] = 0.0
    cache.clear()
    monkeypatch.setattr(counts, "COSTLY_SECONDS", 0.1)
    monkeypatch.setattr(counts, "LARGE", 1)
    monkeypatch.setattr(tasks.count_again, "delay", lambda *_given: None)


def test_what_is_cheap_is_counted_each_time() -> None:
    assert lengths.of("ab") == Count(3)
    assert lengths.of("ab") == Count(4)


def test_what_took_long_is_kept_with_its_time() -> None:
    wait[0] = 0.11
    assert lengths.of("ab") == Count(3)
    again = lengths.of("ab")
    assert again.value == 3 and again.at is not None
    assert seen == [["ab"]]


def test_of_each_asks_once_for_all_that_is_lacking() -> None:
    wait[0] = 0.11
    lengths.of("ab")
    found = lengths.of_each(["ab", "abc", "abcd"])
    assert {one: count.value for one, count in found.items()} == {"ab": 3, "abc": 5, "abcd": 6}
    assert seen == [["ab"], ["abc", "abcd"]]


def test_old_figures_are_shown_and_one_worker_counts_anew(monkeypatch) -> None:
    asked: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(tasks.count_again, "delay", lambda *given: asked.append(given))
    long_ago = timezone.now() - counts.FRESH - timedelta(seconds=1)
    cache.set(f"counts:{lengths.name}:ab", Count(7, long_ago))
    assert lengths.of("ab") == Count(7, long_ago)
    assert lengths.of("ab") == Count(7, long_ago)
    assert asked == [(lengths.name, ["ab"])] and seen == []
    wait[0] = 0.11
    tasks.count_again(*asked[0])
    assert lengths.of("ab").value == 3


def test_figures_that_became_cheap_are_no_longer_kept() -> None:
    wait[0] = 0.11
    lengths.of("ab")
    wait[0] = 0.0
    tasks.count_again(lengths.name, ["ab"])
    assert lengths.of("ab").at is None


def test_without_redis_everything_is_counted(settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "common.cache.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    wait[0] = 0.11
    assert lengths.of("ab").value == 3
    assert lengths.of("ab").value == 4


def test_what_is_small_is_never_kept(monkeypatch) -> None:
    monkeypatch.setattr(counts, "LARGE", 1_000)
    wait[0] = 0.11
    assert lengths.of("ab").value == 3
    assert lengths.of("ab").value == 4
