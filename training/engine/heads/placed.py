"""Heads that say one thing about a place: a dialogue, a text, a pair, or each turn of a dialogue.

A dialogue longer than the model's input keeps its beginning and its end: a quarter of the room is the head's,
the rest the tail's (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification").
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from training.engine.batching import Example, Floats, Ints
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.heads.base import Head, Settings
from training.engine.heads.context import all_texts, context_ids, eligible, spoken
from training.engine.payload import Turn, turns_of
from training.engine.tokens import Framed, TextEncoder, Tokens

NO_LEADS: Ints = np.zeros(0, dtype=np.int64)


class PlacedHead(Head):
    """Units of decision are (row, turn), 0 for whole items. A turn is read with its neighbours."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.by_turn = settings.field.scope == "turn"

    @abstractmethod
    def truth(self, row: Row, turns: Sequence[Turn]) -> dict[int, Any]:
        """The row's answer per place; places left blank only where blanks are something to learn."""

    @abstractmethod
    def targets(self, row: Row, place: int, truth: Any) -> Floats:
        """(1, C) what to learn about a place: its truth, or the crowd's shares where the row has them."""

    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        dialogues = [turns_of(row.payload) for row in rows]
        tokens = text.encode(piece for turns in dialogues for piece in self._texts(turns))
        examples: list[Example] = []
        for number, (row, turns) in enumerate(zip(rows, dialogues, strict=True)):
            truth = self.truth(row, turns) if supervised else {}
            for place in truth if supervised else self.places(turns):
                framed = self._input(turns, place, tokens, text)
                targets = self.targets(row, place, truth[place]) if supervised else None
                begin, end = framed.first if self.by_turn else (0, len(framed.ids))
                examples.append(Example(
                    row=number, turn=place, ids=np.array(framed.ids), types=np.array(framed.types),
                    pool=(begin, max(end, begin + 1)), leads=NO_LEADS, targets=targets, weight=row.weight,
                ))  # fmt: skip
        return examples

    def places(self, turns: Sequence[Turn]) -> list[int]:
        return eligible(turns, self.settings) if self.by_turn else [0]

    def _texts(self, turns: Sequence[Turn]) -> Iterable[str]:
        return all_texts(turns, self.places(turns), self.settings) if self.by_turn else map(spoken, turns)

    def _input(
        self, turns: Sequence[Turn], place: int, tokens: dict[str, Tokens], text: TextEncoder
    ) -> Framed:
        if self.by_turn:
            context = context_ids(turns, place, self.settings, tokens, text)
            room = self.settings.max_length - text.overhead(pair=context is not None) - len(context or [])
            return text.frame(head_and_tail(tokens[turns[place].text].ids, room), context)
        pieces = [tokens[spoken(turn)].ids for turn in turns]
        if self.field.scope == "pair" and len(pieces) == 2:
            room = self.settings.max_length - text.overhead(pair=True)
            first, second = fit_pair(len(pieces[0]), len(pieces[1]), room)
            return text.frame(head_and_tail(pieces[0], first), head_and_tail(pieces[1], second))
        room = self.settings.max_length - text.overhead(pair=False)
        return text.frame(head_and_tail(joined(pieces, text), room))


def entries_by_turn(row: Row, value: Any, turns: Sequence[Turn]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """A turn-wise answer's entries, each with its turn. Raises EngineError naming the row."""
    for entry in value or []:
        if not isinstance(entry, Mapping) or type(entry.get("turn")) is not int:
            raise EngineError(f"Row {row.id!r}: each entry needs turn and label, or turn and value.")
        if not 0 <= entry["turn"] < len(turns):
            raise EngineError(f"Row {row.id!r}: there is no turn {entry['turn']!r}.")
        yield entry["turn"], entry


def joined(pieces: Sequence[list[int]], text: TextEncoder) -> list[int]:
    """Token ids of several texts with a separator between them."""
    ids = [token for piece in pieces for token in (*piece, *text.separator)]
    return ids[: len(ids) - len(text.separator)]


def head_and_tail(ids: list[int], room: int) -> list[int]:
    """The beginning and the end of a text that is too long."""
    if len(ids) <= room:
        return ids
    head = room // 4
    return ids[:head] + ids[len(ids) - (room - head) :]


def fit_pair(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens each text may keep: up to half of the room for the shorter, the rest for the longer."""
    if first + second <= room:
        return first, second
    half = room // 2
    if first <= half:
        return first, room - first
    return (room - second, second) if second <= half else (half, room - half)
