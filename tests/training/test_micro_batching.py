"""Questions that come together are answered together; nobody waits for company or suffers from it."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from training.micro_batching import MicroBatcher, Overloaded, Pass


class Slow:
    """Doubles numbers, and notes how many came in each pass; a negative one breaks the pass."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.passes: list[int] = []
        self.at_once = 0

    def __call__(self, numbers: Sequence[int]) -> Pass[int]:
        self.at_once += 1
        assert self.at_once == 1
        self.passes.append(len(numbers))
        time.sleep(self.seconds)
        self.at_once -= 1
        if min(numbers) < 0:
            raise ValueError(min(numbers))
        return Pass([2 * number for number in numbers], {"forward": self.seconds})


def together(work: Callable[[int], Any], number: int) -> list[Any]:
    """What `work(0)`, `work(1)`, ... returned or raised, all begun at the same moment."""
    gate, results = threading.Barrier(number), [None] * number

    def run(n: int) -> None:
        gate.wait()
        try:
            results[n] = work(n)
        except Exception as error:
            results[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return results


def test_who_asks_together_is_answered_together() -> None:
    slow = Slow()
    line = MicroBatcher(slow)
    found = together(lambda n: line.ask([n, n + 100]).answers, 32)
    assert found == [[2 * n, 2 * n + 200] for n in range(32)]
    assert sum(slow.passes) == 64 and len(slow.passes) <= 6


def test_it_waits_a_moment_for_those_on_their_way() -> None:
    """All 16 say that they come and arrive one after another: one pass, not one and then the rest."""
    slow = Slow(0.0)
    line = MicroBatcher(slow, patience=2.0)
    all_announced = threading.Barrier(16)

    def ask(n: int) -> Any:
        with line.coming():
            all_announced.wait()
            time.sleep(0.005 * n)
            return line.ask([n]).answers

    assert together(ask, 16) == [[2 * n] for n in range(16)]
    assert slow.passes == [16]


def test_somebody_alone_waits_for_nobody() -> None:
    line = MicroBatcher(Slow(0.0), patience=5.0)
    began = time.monotonic()
    for n in range(20):
        with line.coming():
            assert line.ask([n]).answers == [2 * n]
    assert time.monotonic() - began < 2.0


def test_who_turns_away_at_the_door_is_not_waited_for_any_longer() -> None:
    line = MicroBatcher(Slow(0.0), patience=5.0)
    inside, ended = threading.Event(), []

    def turn_away() -> None:
        with line.coming():
            inside.set()
            time.sleep(0.05)

    thread = threading.Thread(target=turn_away)
    thread.start()
    inside.wait()
    began = time.monotonic()
    ended.append(line.ask([1]).answers)
    thread.join()
    assert ended == [[2]] and time.monotonic() - began < 2.0


def test_what_one_has_broken_is_not_refused_to_the_others() -> None:
    line = MicroBatcher(Slow(0.01))
    found = together(lambda n: line.ask([-1 if n == 3 else n]).answers, 8)
    assert isinstance(found[3], ValueError)
    assert [one for n, one in enumerate(found) if n != 3] == [[2 * n] for n in range(8) if n != 3]


def test_a_long_queue_sends_people_away() -> None:
    slow = Slow(0.2)
    line = MicroBatcher(slow, most_together=2, most_waiting=4)
    found = together(lambda n: line.ask([n]).answers, 16)
    refused = [one for one in found if isinstance(one, Overloaded)]
    assert refused and len(refused) < 16
    assert all(one in [[2 * n] for n in range(16)] for one in found if one not in refused)
    assert line.ask([7]).answers == [14]


def test_more_questions_than_a_pass_takes_are_never_refused_to_one_caller() -> None:
    line = MicroBatcher(Slow(0.0), most_together=4, most_waiting=4)
    assert line.ask(list(range(10))).answers == [2 * n for n in range(10)]


@pytest.mark.parametrize("callers", [2, 5, 24])
def test_the_lead_is_handed_on_until_nobody_is_left(callers: int) -> None:
    line = MicroBatcher(Slow(0.001), most_together=3)
    for _round in range(10):
        assert together(lambda n: line.ask([n]).answers, callers) == [[2 * n] for n in range(callers)]
