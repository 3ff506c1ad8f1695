"""What is asked most in a project, and the approved answer that was given most."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks_app.fields.payload import turn_texts
from training.analysis.marks import Place, commonest, marks_questions, questions_and_answers
from training.analysis.nearest import Floats, Ints
from training.analysis.questions import comparable, question_in, same_questions
from training.analysis_data import Source
from training.describing import describe

MOST = 300  # questions that are kept
FEWEST = 2  # times that a common one is asked
VARIANTS = 5
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class CommonQuestions:
    """question: (N,) for each turn the row of the question it asks, or NONE.

    For each of the Q questions, most frequent first: stands: the turn (0..N-1) that stands for it; spans: its
    characters there; variants: turns that ask it otherwise; answers: where the most frequent one stands and
    how often it was given, or None.
    """

    question: Ints
    stands: list[int]
    spans: list[tuple[int, int]]
    variants: list[list[int]]
    answers: list[tuple[Place, int] | None]

    def told(self, ids: Sequence[str], turn: Ints) -> dict[str, Any]:
        counts = np.bincount(self.question[self.question >= 0], minlength=len(self.stands))
        first_rows = _first_ids(ids)
        return {
            "questions": [
                {
                    "item": ids[row], "turn": int(turn[row]), "start": self.spans[number][0],
                    "end": self.spans[number][1], "count": int(counts[number]),
                    "variants": [[ids[other], int(turn[other])] for other in self.variants[number]],
                    "answer": _told_answer(self.answers[number], first_rows),
                }
                for number, row in enumerate(self.stands)
            ]
        }  # fmt: skip


def find_questions(
    source: Source, texts: Sequence[str], text: Ints, vectors: Floats, tick: Callable[[float], None]
) -> CommonQuestions:
    """Of N turns, each of which says texts[text[n]]; vectors: (X, D) of the texts."""
    asked = [question_in(one) for one in texts]
    asking = np.array([row for row, one in enumerate(asked) if one], dtype=np.int64)
    if not len(asking):
        return CommonQuestions(np.full(len(text), NONE, dtype=np.int64), [], [], [], [])
    # A turn that says more than it asks is compared by what it asks.
    part = [row for row in asking if asked[row] != texts[row].strip()]
    own = vectors[asking].copy()
    if part:
        own[np.isin(asking, part)] = describe([asked[row] for row in part], tick)
    both, alike = comparable(own, [asked[row] for row in asking])
    counts = np.bincount(text, minlength=len(texts))[asking]
    leader = asking[same_questions(both, counts, alike)]
    return _gathered(source, texts, text, asked, asking, leader)


def _gathered(
    source: Source, texts: Sequence[str], text: Ints, asked: Sequence[str], asking: Ints, leader: Ints
) -> CommonQuestions:
    led = np.full(len(texts), NONE, dtype=np.int64)
    led[asking] = leader
    of_turn = led[text]  # (N,) the text that stands for what each turn asks
    found, counts = np.unique(of_turn[of_turn >= 0], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST]
    kept = found[order][counts[order] >= FEWEST]
    number = np.full(len(texts) + 1, NONE, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    question = number[of_turn]  # NONE looks up the last entry
    _, first = np.unique(text, return_index=True)  # (X,) the first turn that says each text
    starts = [texts[row].find(asked[row]) for row in kept]
    return CommonQuestions(
        question,
        [int(first[row]) for row in kept],
        [(begin, begin + len(asked[row])) for begin, row in zip(starts, kept, strict=True)],
        [
            first[np.flatnonzero((led == row) & (np.arange(len(led)) != row))[:VARIANTS]].tolist()
            for row in kept
        ],
        _answers(source, question, len(kept)),
    )


def _answers(source: Source, question: Ints, many: int) -> list[tuple[Place, int] | None]:
    """By approved spans, where the project marks what is asked and what is answered."""
    given: dict[int, list[tuple[Place, str]]] = defaultdict(list)
    for answer, said, row in _marked(source):
        if question[row] >= 0:
            given[int(question[row])].append((answer, said[answer.turn][answer.start : answer.end]))
    return [commonest(given[number]) for number in range(many)]


def _marked(source: Source) -> Iterator[tuple[Place, list[str], int]]:
    """(answer, texts of its item, turn of its question among all turns)."""
    fields = [
        field.name for field in source.fields
        if field.type == "span" and marks_questions(option.name for option in field.options)
    ]  # fmt: skip
    if not fields:
        return
    before = 0
    for number, item in enumerate(source.items()):
        said = turn_texts(item.payload)
        for field in fields:
            for asked, answer in questions_and_answers(number, item.values.get(field) or []):
                if answer is not None:
                    yield answer, said, before + asked.turn
        before += len(said)


def _first_ids(ids: Sequence[str]) -> list[str]:
    """(I,) the ids of the items, in order."""
    return list(dict.fromkeys(ids))


def _told_answer(answer: tuple[Place, int] | None, items: Sequence[str]) -> dict[str, Any] | None:
    if answer is None:
        return None
    place, count = answer
    return {
        "item": items[place.item], "turn": place.turn, "start": place.start, "end": place.end,
        "count": count,
    }  # fmt: skip
