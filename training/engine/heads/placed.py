"""Heads that say one thing about a place: a dialogue, a text, a pair, or each turn of a dialogue.

A dialogue longer than the model's input keeps its beginning and its end: a quarter of the room is the head's,
the rest the tail's (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification").
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from training.engine.batching import Example, Floats, Ints
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Losses, Outcome
from training.engine.heads.base import Head, Prediction, Settings
from training.engine.heads.context import all_texts, context_ids, eligible, spoken
from training.engine.payload import Turn, turns_of
from training.engine.tokens import Framed, TextEncoder, Tokens

NO_LEADS: Ints = np.zeros(0, dtype=np.int64)


class Judged(NamedTuple):
    """One place of one row: what is true there, and what was guessed."""

    row: int
    place: int
    turns: Sequence[Turn]
    truth: Any
    guess: Any


class PlacedHead(Head):
    """Units of decision are (row, turn), 0 for whole items. A turn is read with its neighbours."""

    nothing: Any = None  # what a place without an answer is held to say

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

    # -- figures ------------------------------------------------------------------------------------------

    @abstractmethod
    def given(self, row: Row, value: Any, turns: Sequence[Turn]) -> dict[int, Any]:
        """An answer of the field per place. Raises EngineError naming the row."""

    @abstractmethod
    def names(self, answer: Any) -> tuple[str, ...]:
        """The labels that an answer about one place amounts to."""

    def judged(self, rows: Sequence[Row], values: Sequence[Any]) -> Iterator[Judged]:
        """Every place that has a truth, in order of the rows."""
        for number, (row, value) in enumerate(zip(rows, values, strict=True)):
            turns = turns_of(row.payload)
            predicted = self.given(row, value, turns)
            for place, truth in self.truth(row, turns).items():
                yield Judged(number, place, turns, truth, predicted.get(place, self.nothing))

    def outcomes(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], losses: Losses | None = None
    ) -> list[Outcome]:
        found = []
        for unit in self.judged(rows, [prediction.value for prediction in predictions]):
            row, prediction = rows[unit.row], predictions[unit.row]
            truth, guess = self.names(unit.truth), self.names(unit.guess)
            heard = [unit.turns[unit.place]] if self.by_turn else unit.turns
            found.append(Outcome(
                id=row.id, group=row.group, turn=unit.place if self.by_turn else None,
                speaker=heard[0].speaker if self.by_turn else None,
                characters=sum(len(turn.text) for turn in heard),
                right=float(set(truth) == set(guess)), truth=truth, predicted=guess,
                hits=tuple(label for label in guess if label in truth), value=prediction.value,
                confidence=confidence_at(prediction, unit.place) if self.by_turn else prediction.confidence,
                loss=(losses or {}).get((unit.row, unit.place)),
            ))  # fmt: skip
        return found

    # -- inputs -------------------------------------------------------------------------------------------

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


def confidence_at(prediction: Prediction, turn: int) -> float:
    """That of the answer about one turn; of the whole answer where it says nothing by turn."""
    said = (entry["confidence"] for entry in prediction.detail.get("turns", ()) if entry["turn"] == turn)
    return float(next(said, prediction.confidence))


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
