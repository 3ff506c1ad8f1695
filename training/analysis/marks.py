"""Approved answers as single labels, and the question and answer spans among them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.analysis.rows import WHOLE

READ = frozenset({"choice", "scale", "span"})  # types of fields whose answers are labels
_ASKED = frozenset({"question", "questions", "q", "问题", "提问", "问"})
_ANSWERED = frozenset({"answer", "answers", "a", "回答", "答案", "答"})


@dataclass(frozen=True, slots=True)
class Place:
    """Characters [start, end) of a turn of the item with the number `item`."""

    item: int
    turn: int
    start: int
    end: int


def labels_of(value: object) -> Iterator[tuple[int, str]]:
    """(turn, label) of an answer to a choice, scale or span field; the turn is WHOLE where it has none."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, Mapping):
            turn = int(entry.get("turn", WHOLE))
            for label in entry.get("labels") or [entry.get("label", entry.get("value"))]:
                yield turn, str(label)
        elif entry is not None:
            yield WHOLE, str(entry)


def marks_questions(labels: Iterable[str]) -> bool:
    """Whether a span field with these labels marks what was asked and what was answered."""
    known = {label.casefold() for label in labels}
    return bool(known & _ASKED) and bool(known & _ANSWERED)


def questions_and_answers(item: int, spans: Sequence[Mapping[str, Any]]) -> list[tuple[Place, Place | None]]:
    """Each question span of an item with the first answer span behind it and before the next question."""
    found: list[tuple[Place, Place | None]] = []
    for span in sorted(spans, key=lambda one: (one["turn"], one["start"])):
        place = Place(item, span["turn"], span["start"], span["end"])
        kind = str(span["label"]).casefold()
        if kind in _ASKED:
            found.append((place, None))
        elif kind in _ANSWERED and found and found[-1][1] is None:
            found[-1] = (found[-1][0], place)
    return found


def commonest(answers: Sequence[tuple[Place, str]]) -> tuple[Place, int] | None:
    """Where the most frequent answer was first given, and how often; case and spaces aside."""
    said = [" ".join(text.casefold().split()) for _, text in answers]
    if not said:
        return None
    [(most, count)] = Counter(said).most_common(1)
    return answers[said.index(most)][0], count
