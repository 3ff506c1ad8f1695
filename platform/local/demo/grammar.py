"""Phrases with choices, slots and marks, turned into text whose spans and personal data have known places."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
BANK = Path(__file__).parent / "bank"
_CHOICE = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"(<|>|\{\w+\})")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+)([a-z])")
_LONE_I = re.compile(r"(?<![\w'])i(?=[ ']|$)")
_CALENDAR = re.compile(
    r"\b((?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|april|june|july|august|september|october|november|december)\b"
)
_TYPO_WORD = re.compile(r"[a-z]{5,}")


@dataclass(frozen=True)
class Piece:
    """A stretch of one turn: inside a labelled span, a personal datum, or neither."""

    text: str
    label: str | None = None
    kind: str | None = None
    opens: bool = False


@dataclass(frozen=True)
class Value:
    """What a slot stands for; `kind` is set for personal data."""

    text: str
    kind: str | None = None


@dataclass(frozen=True)
class Written:
    """A finished turn: its text, labelled spans and personal data as (start, end, name) in code points."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    pii: tuple[tuple[int, int, str], ...]


def read_bank(language: str) -> dict[str, Any]:
    """The phrase bank of a language: `slots`, `opening`, `agent`, … and the merged list `topic`."""
    bank: dict[str, Any] = {"topic": []}
    for path in sorted(BANK.glob(f"{language}*.toml")):
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        bank["topic"] += parsed.pop("topic", [])
        bank.update(parsed)
    return bank


def part(phrases: Sequence[T], split: str) -> list[T]:
    """The phrases a split may use: of every three one is for training, one for testing, and one for both.

    Half of what test dialogues say is new, as it is with the customers that a model meets after its training.
    """
    if len(phrases) < 3:
        return list(phrases)
    other = 0 if split == "test" else 2
    return [phrase for i, phrase in enumerate(phrases) if i % 3 != other]


def apart(names: Sequence[T], split: str) -> list[T]:
    """Names of which a split has its own: every third is for testing alone, the rest for training."""
    return [name for i, name in enumerate(names) if (i % 3 == 2) == (split == "test")]


def expand(
    phrase: str, values: Mapping[str, Value], rng: random.Random, label: str | None = None
) -> list[Piece]:
    """Resolve the choices and slots of a phrase; with a label, `<…>` (or else all of it) becomes its span."""
    while match := _CHOICE.search(phrase):
        phrase = phrase[: match.start()] + rng.choice(match[1].split("|")) + phrase[match.end() :]
    phrase = re.sub(r" +(?=[ ?.,!>])", "", phrase).strip()
    if label and "<" not in phrase:
        phrase = f"<{phrase}>"
    pieces: list[Piece] = []
    inside, opens = False, False
    for word in filter(None, _WORD.split(phrase)):
        if word in "<>":
            inside = opens = word == "<"
            continue
        value = values[word[1:-1]] if word.startswith("{") else Value(word)
        pieces.append(Piece(value.text, label if inside else None, value.kind, opens))
        opens = False
    return pieces


def join(parts: Sequence[Sequence[Piece]], space: str) -> list[Piece]:
    """Fragments one after another; `space` goes between them, a full-width comma only after a word."""
    joined: list[Piece] = []
    for fragment in filter(lambda pieces: any(piece.text for piece in pieces), parts):
        if joined and (space != "，" or joined[-1].text[-1].isalnum()):
            joined.append(Piece(space))
        joined += fragment
    return joined


# As the instructions say, the mark that closes a sentence belongs to what is marked.
CLOSING = tuple(".?!。？！")


def write(pieces: Sequence[Piece], *, casual: bool, rng: random.Random, typos: float = 0.0) -> Written:
    """Put pieces together: capitals for the careful; lost marks and typos for the casual."""
    if casual:
        pieces = [_misspell(_drop_mark(piece, rng), rng, typos) for piece in pieces]
    text = ""
    spans: list[tuple[int, int, str]] = []
    pii: list[tuple[int, int, str]] = []
    for piece in pieces:
        start, text = len(text), text + piece.text
        if piece.kind:
            pii.append((start, len(text), piece.kind))
        if piece.label and (piece.opens or not spans):
            spans.append((start, len(text), piece.label))
        elif piece.label:
            spans[-1] = (spans[-1][0], len(text), piece.label)
    closed = tuple((start, end + (text[end : end + 1] in CLOSING), label) for start, end, label in spans)
    return Written(text if casual else _capitalise(text), closed, tuple(pii))


def _drop_mark(piece: Piece, rng: random.Random) -> Piece:
    if piece.kind or not piece.text.endswith(("?", ".", "？", "。")) or rng.random() > 0.6:
        return piece
    return replace(piece, text=piece.text[:-1]) if len(piece.text) > 1 else piece


def _misspell(piece: Piece, rng: random.Random, share: float) -> Piece:
    """Swap two letters, or lose one, in a share of the longer words; personal data stays as it is."""
    if piece.kind or not share:
        return piece

    def typo(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() > share:
            return word
        at = rng.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + (word[at] if rng.random() < 0.6 else "") + word[at + 2 :]

    return replace(piece, text=_TYPO_WORD.sub(typo, piece.text))


def _capitalise(text: str) -> str:
    text = _SENTENCE_START.sub(lambda m: m[0][:-1] + m[1].upper(), text)
    return _CALENDAR.sub(lambda m: m[0].capitalize(), _LONE_I.sub("I", text))
