"""Reading an item: dialogue, plain text or pair, always as a list of turns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; a plain text is one turn and a pair is two, without speakers (None)."""

    speaker: str | None
    text: str


def turns_of(payload: object) -> list[Turn]:
    """The turns of an item payload. Raises EngineError when it has neither turns, text nor pair."""
    if not isinstance(payload, Mapping):
        raise EngineError("An item must be a JSON object with turns, text or pair.")
    if "turns" in payload:
        return [_turn(entry, index) for index, entry in enumerate(_list(payload["turns"], "turns"))]
    if "text" in payload:
        return [Turn(None, _text(payload["text"], "text"))]
    if "pair" in payload:
        pair = _list(payload["pair"], "pair")
        if len(pair) != 2:
            raise EngineError("A pair must hold exactly two texts.")
        return [Turn(None, _text(text, "pair")) for text in pair]
    raise EngineError("An item must have turns, text or pair.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the texts that a ranking puts in order."""

    id: str
    text: str


def candidates_of(payload: Mapping[str, object]) -> list[Candidate]:
    """The item's candidates; plain texts have their places as ids. EngineError where there are none."""
    found = []
    for index, entry in enumerate(_list(payload.get("candidates") or [], "candidates")):
        raw = {"id": str(index), "text": entry} if isinstance(entry, str) else entry
        if not isinstance(raw, Mapping):
            raise EngineError(f"candidates/{index} must be a text, or an object with id and text.")
        named = (_text(raw.get(key), f"candidates/{index}/{key}") for key in ("id", "text"))
        found.append(Candidate(*named))
    if not found:
        raise EngineError("A ranking needs an item with candidates.")
    if len({candidate.id for candidate in found}) != len(found):
        raise EngineError("Two candidates share an id.")
    return found


def _turn(entry: object, index: int) -> Turn:
    if not isinstance(entry, Mapping):
        raise EngineError(f"turns/{index} must be an object with speaker and text.")
    speaker: Any = entry.get("speaker") or ""
    return Turn(_text(speaker, f"turns/{index}/speaker"), _text(entry.get("text"), f"turns/{index}/text"))


def _list(value: object, name: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise EngineError(f"{name} must be a list.")
    return list(value)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise EngineError(f"{name} must be a text.")
    return value
