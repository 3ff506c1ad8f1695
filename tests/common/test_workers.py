"""A worker is counted from its own signs of life: nobody waits for those that do not answer."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import redis
from celery import signals

from common import workers
from config.celery import app


@pytest.fixture
def client(redis_url: str, settings) -> Iterator["redis.Redis"]:
    settings.REDIS_URL = redis_url
    workers._noted = 0.0
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def test_a_worker_is_there_from_its_start_to_its_end(client) -> None:
    mine = SimpleNamespace(hostname="worker@here")
    assert workers.present() == []
    workers.on_ready(mine)
    workers.on_ready(SimpleNamespace(hostname="trainer@there"))
    assert workers.present() == ["trainer@there", "worker@here"]
    workers.on_shutdown(mine)
    assert workers.present() == ["trainer@there"]


def test_a_worker_that_was_killed_is_believed_for_a_while_only(client) -> None:
    workers.on_ready(SimpleNamespace(hostname="killed@here"))
    assert client.zscore(workers.KEY, "killed@here") > 0
    client.zadd(workers.KEY, {"killed@here": 1.0})  # its last word is long ago
    assert workers.present() == []


def test_a_beat_counts_again_and_the_next_ones_cost_nothing(client) -> None:
    heart = SimpleNamespace(eventer=SimpleNamespace(hostname="worker@here"))
    workers.on_heartbeat(heart)
    assert workers.present() == ["worker@here"]
    client.delete(workers.KEY)
    workers.on_heartbeat(heart)  # a moment later
    assert workers.present() == []


def test_celery_s_signals_are_listened_to() -> None:
    assert app.main == "manyhands"
    for signal, receiver in (
        (signals.worker_ready, workers.on_ready),
        (signals.heartbeat_sent, workers.on_heartbeat),
        (signals.worker_shutdown, workers.on_shutdown),
    ):
        assert receiver in [found() for _key, found in signal.receivers]


def test_a_broker_that_is_away_takes_no_worker_down(settings, caplog) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    workers._noted = 0.0
    workers.on_ready(SimpleNamespace(hostname="worker@here"))
    workers.on_shutdown(SimpleNamespace(hostname="worker@here"))
    assert [line.startswith("Redis is away") for line in caplog.messages] == [True, True]
    with pytest.raises(redis.ConnectionError):
        workers.present()
