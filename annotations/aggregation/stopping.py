"""When to stop asking about an item, replayed on answers that are already in."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

SETTINGS = (0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Step:
    """What an item's first so many answers come to. `sure`: the confidence that decides whether to stop;
    `right`: how probable it is that the whole answer is right."""

    sure: float
    right: float
    value: Hashable


History = Sequence[Step]  # after the first answer, the second, ...


@dataclass(frozen=True, slots=True)
class Replay:
    """`answers` asked for; `expected`: the mean chance of being right where asking stopped; `same`: the share
    of items that end with the value that all their answers give; `short`: items whose answers ran out while
    the rule still wanted more, so that the true cost lies higher."""

    answers: int
    expected: float
    same: float
    short: int


def replay(histories: Sequence[History], *, confidence: float, least: int, most: int) -> Replay:
    """Ask at least `least` and at most `most` answers an item, and no more once the confidence is reached."""
    ends = [_end(history, confidence, least, most) for history in histories]
    return _outcome(histories, ends, most, confidence)


def replay_fixed(histories: Sequence[History], overlap: int) -> Replay:
    """Ask `overlap` answers about every item, come what may."""
    ends = [min(overlap, len(history)) for history in histories]
    return _outcome(histories, ends, overlap, confidence=2.0)


def _end(history: History, confidence: float, least: int, most: int) -> int:
    last = min(most, len(history))
    for asked in range(min(least, last), last):
        if history[asked - 1].sure >= confidence:
            return asked
    return last


def _outcome(histories: Sequence[History], ends: Sequence[int], most: int, confidence: float) -> Replay:
    count = max(len(histories), 1)
    stops = [history[end - 1] for history, end in zip(histories, ends, strict=True)]
    return Replay(
        answers=sum(ends),
        expected=sum(step.right for step in stops) / count,
        same=sum(step.value == history[-1].value for step, history in zip(stops, histories, strict=True))
        / count,
        short=sum(
            end == len(history) < most and step.sure < confidence
            for step, history, end in zip(stops, histories, ends, strict=True)
        ),
    )
