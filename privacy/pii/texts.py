"""The texts of an item's payload taken out in one fixed order, and put back: the one walk over a payload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any


def turn_texts(payload: Mapping[str, Any]) -> list[str]:
    """The texts that offsets refer to: one for each turn; a plain text is turn 0, a pair is turns 0 and 1."""
    if "turns" in payload:
        return [turn["text"] for turn in payload["turns"]]
    return list(payload["pair"]) if "pair" in payload else [payload["text"]]


@dataclass(frozen=True)
class Texts:
    """Everything of a payload that is read: its turns first, for offsets count in these.

    Each speaker's name stands in `speakers` once, in the order of the names in the payload that it is of.
    """

    turns: list[str]
    candidates: list[str]
    speakers: list[str]

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> "Texts":
        return cls(
            turn_texts(payload), [one["text"] for one in payload.get("candidates", [])], _names(payload)
        )

    @property
    def all(self) -> list[str]:
        return [*self.turns, *self.candidates, *self.speakers]

    def like(self, new: Sequence[str]) -> "Texts":
        """`new`, one for each of `all` in the same order, taken apart as these are."""
        if len(new) != len(self.all):
            raise ValueError(f"{len(new)} texts in place of {len(self.all)}")
        rest = iter(new)
        turns, candidates = (list(islice(rest, len(part))) for part in (self.turns, self.candidates))
        return Texts(turns, candidates, list(rest))

    def put_into(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload with these in place of its own texts, of which there must be as many."""
        changed = dict(payload)
        if "turns" in payload:
            named = dict(zip(_names(payload), self.speakers, strict=True))
            changed["turns"] = [
                {"speaker": named[turn["speaker"]], "text": text}
                for turn, text in zip(payload["turns"], self.turns, strict=True)
            ]
        elif "pair" in payload:
            changed["pair"] = list(self.turns)
        else:
            [changed["text"]] = self.turns
        if "candidates" in payload:
            changed["candidates"] = [
                {**one, "text": text}
                for one, text in zip(payload["candidates"], self.candidates, strict=True)
            ]
        return changed


def _names(payload: Mapping[str, Any]) -> list[str]:
    return sorted({turn["speaker"] for turn in payload.get("turns", [])})
