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
