"""Dialogues as companies have them, as many as wanted: 8 turns, about 600 characters, and in an eighth of the
turns somebody's data.

Sentences come from the demo's bank; names, numbers and addresses are drawn anew for each dialogue, so that
nothing can be looked up that was seen before.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.demo.compose import compose
from local.demo.grammar import Value
from local.demo.identities import people

TURNS = 8
_POOL = 400  # dialogues whose sentences are used, of each language
_PERSONAL = 0.8  # dialogues that are one of those; the others are put together from turns without any data
_LONG = 50  # characters; a shorter turn gets another sentence


@dataclass(frozen=True)
class Bank:
    """`dialogues` are as the demo composes them; `plain` are turns without anybody's data, by speaker."""

    language: str
    dialogues: list[dict[str, Any]]
    plain: dict[str, list[str]]


def bank(language: str, seed: str) -> Bank:
    dialogues = [compose(language, "train", f"{seed}-{language}-{n}") for n in range(_POOL)]
    plain: dict[str, list[str]] = {"customer": [], "agent": []}
    for dialogue in dialogues:
        personal = {place["turn"] for place in dialogue["pii"]}
        for number, turn in enumerate(dialogue["turns"]):
            if number not in personal:
                plain[turn["speaker"]].append(turn["text"])
    return Bank(language, dialogues, plain)


def write_chats(file: Path, count: int, seed: int = 7) -> None:
    """JSON Lines; four of five dialogues in English, the others in Chinese."""
    english, chinese = bank("en", str(seed)), bank("zh", str(seed))
    rng = random.Random(seed)  # noqa: S311  (nothing secret)
    with file.open("w", encoding="utf-8") as out:
        for number in range(count):
            chosen = chinese if number % 5 == 4 else english
            row = {"id": f"chat-{number}", "language": chosen.language, "turns": chat(chosen, number, rng)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def chat(bank: Bank, number: int, rng: random.Random) -> list[dict[str, str]]:
    turns = [
        {"speaker": turn["speaker"], "text": _longer(turn["text"], turn["speaker"], bank, rng)}
        for turn in _turns(bank, rng)
    ]
    # No two are the same, by something that is nobody's.
    price = f"{number / 100:.2f}"
    turns[-1]["text"] += f" 一共{price}元。" if bank.language == "zh" else f" That makes {price} euros."
    return turns


def _turns(bank: Bank, rng: random.Random) -> list[dict[str, str]]:
    dialogue = rng.choice(bank.dialogues) if rng.random() < _PERSONAL else {"turns": [], "pii": []}
    values = people(bank.language, rng) if dialogue["pii"] else {}
    turns = list(_with_new_values(dialogue, values))[:TURNS]
    while len(turns) < TURNS:
        speaker = ("customer", "agent")[len(turns) % 2]
        turns.append({"speaker": speaker, "text": rng.choice(bank.plain[speaker])})
    return turns


def _with_new_values(dialogue: dict[str, Any], values: dict[str, Value]) -> Iterator[dict[str, str]]:
    for number, turn in enumerate(dialogue["turns"]):
        text = turn["text"]
        places = [place for place in dialogue["pii"] if place["turn"] == number]
        for place in sorted(places, key=lambda place: -place["start"]):
            old = text[place["start"] : place["end"]]
            new = _value(place["kind"], old, turn["speaker"], values)
            text = text[: place["start"]] + new + text[place["end"] :]
        yield {"speaker": turn["speaker"], "text": text}


def _value(kind: str, old: str, speaker: str, values: dict[str, Value]) -> str:
    name = kind
    if kind == "person" and " " not in old:
        name = "agent" if speaker == "agent" else "person_first"
    new = values[name].text if name in values else old
    return new.lower() if old.islower() else new


def _longer(text: str, speaker: str, bank: Bank, rng: random.Random) -> str:
    limit = _LONG if bank.language == "en" else _LONG // 2
    while len(text) < limit:
        text = f"{text} {rng.choice(bank.plain[speaker])}"
    return text
