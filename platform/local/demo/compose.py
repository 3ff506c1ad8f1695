"""Write the demo's customer-service dialogues: `python -m local.demo.compose` makes the two data files again.

Seeded, so the files can be made byte for byte again. No shop, and only half of the products and phrases, of
the test dialogues occur in training (`grammar.part`): the test set asks for generalisation, not memory.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.demo.dice import seeded
from local.demo.grammar import Piece, Value, apart, expand, join, part, read_bank, write
from local.demo.identities import people
from local.demo.similarity import shingles, similarity

DATA = Path(__file__).parent / "data"
COUNTS = {"en": 320, "zh": 80}
TEST_SHARE = 0.2
SEED = 20
INTENT_WEIGHTS = {
    "delivery_time": 17, "refund": 14, "return": 14, "change_details": 12,
    "cancel": 11, "payment": 12, "product_question": 12, "complaint": 10,
}  # fmt: skip
MOOD_WEIGHTS = {"calm": 42, "pleased": 14, "worried": 20, "annoyed": 24}
TOO_SIMILAR = 0.35
_KEPT = ("product", "shop")  # the same throughout a dialogue


@dataclass(frozen=True)
class Asked:
    """A topic and which of its questions was put."""

    topic: dict[str, Any]
    number: int


@dataclass
class Draft:
    """One dialogue while it is being written."""

    language: str
    split: str
    bank: dict[str, Any]
    rng: random.Random
    values: dict[str, Value]
    intent: str
    mood: str
    casual: bool
    turns: list[dict[str, str]] = field(default_factory=list)
    qa: list[dict[str, Any]] = field(default_factory=list)
    emotion: list[dict[str, Any]] = field(default_factory=list)
    pii: list[dict[str, Any]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, phrases: list[str], label: str | None = None) -> list[Piece]:
        """A phrase of this split that the dialogue has not used, with fresh days, prices and numbers."""
        allowed = part(phrases, self.split)
        fresh = [phrase for phrase in allowed if phrase not in self.used] or allowed
        phrase = self.rng.choice(fresh)
        if len(phrase) > 3:
            self.used.add(phrase)
        for name, options in self.bank["slots"].items():
            if name not in _KEPT:
                self.values[name] = Value(self.rng.choice(options))
        return expand(phrase, self.values, self.rng, label)

    def say(self, speaker: str, parts: list[list[Piece]], emotion: str = "calm") -> None:
        """Append a turn and note where its spans and personal data lie."""
        customer = speaker == "customer"
        casual = customer and self.casual
        pieces = join(parts, "，" if self.language == "zh" and not casual else " ")
        written = write(pieces, casual=casual, rng=self.rng, typos=0.05)
        turn = len(self.turns)
        self.turns.append({"speaker": speaker, "text": written.text})
        self.qa += [{"turn": turn, "start": s, "end": e, "label": name} for s, e, name in written.spans]
        self.pii += [{"turn": turn, "start": s, "end": e, "kind": kind} for s, e, kind in written.pii]
        if customer:
            self.emotion.append({"turn": turn, "label": emotion})


def compose(language: str, split: str, seed: str) -> dict[str, Any]:
    """One dialogue with its hidden truth, decided by its seed alone."""
    draft = _start(language, split, seeded(seed))
    asked = _opening(draft)
    if draft.chance(0.7):
        _verify(draft)
    if draft.chance(0.25):
        draft.say("agent", [draft.pick(draft.bank["agent"]["stall"])])
        _feel(draft, [draft.pick(draft.bank["customer"]["hold"])], "mid", 0.35)
    if asked:
        _answer(draft, asked)
    rounds = draft.rng.choice([1, 1, 2]) if not asked else draft.rng.choice([0, 1, 1])
    for number in range(rounds):
        _answer(draft, _ask(draft, side=number + bool(asked) > 0 and draft.chance(0.25)))
    _closing(draft)
    return {
        "group": f"{language}-{draft.values['shop'].text.lower().replace(' & ', '-').replace(' ', '-')}",
        "turns": draft.turns,
        "truth": {"qa": draft.qa, "intent": draft.intent, "emotion": draft.emotion},
        "pii": draft.pii,
    }


def _start(language: str, split: str, rng: random.Random) -> Draft:
    bank = read_bank(language)
    values = people(language, rng)
    for name in _KEPT:
        # A shop's dialogues are one group, and a group never crosses the split.
        choose = apart if name == "shop" else part
        values[name] = Value(rng.choice(choose(bank["slots"][name], split)))
    intent = _weighted(INTENT_WEIGHTS, rng)
    mood = "annoyed" if intent == "complaint" else _weighted(MOOD_WEIGHTS, rng)
    return Draft(language, split, bank, rng, values, intent, mood, casual=rng.random() < 0.4)


def _weighted(weights: dict[str, int], rng: random.Random) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _opening(draft: Draft) -> list[Asked]:
    """The customer's first turn; returns the questions in it."""
    bank = draft.bank
    if draft.chance(0.5):
        draft.say("agent", [draft.pick(bank["hello"]["agent"])])
    vague = draft.chance(0.2)
    asked = [_choose(draft, draft.intent)] if vague or draft.chance(0.4) else []
    parts = [_greeting(draft)] if draft.chance(0.6) else []
    statement = draft.pick(bank["opening"]["any" if vague else draft.intent])
    questions = [_question(draft, one) for one in asked]
    tail = [draft.pick(bank["customer"]["tail"])] if draft.chance(0.25) else []
    share = 1.0 if draft.intent == "complaint" else 0.7
    _feel(draft, [*parts, statement, *questions, *tail], "open", share, at=len(parts))
    return asked


def _greeting(draft: Draft) -> list[Piece]:
    pieces = draft.pick(draft.bank["hello"]["customer"])
    if pieces[-1].text.endswith(("?", "？", "!", "！")):
        return pieces
    return [*pieces, Piece("，" if draft.language == "zh" else draft.rng.choice([",", ".", "!"]))]


def _feel(draft: Draft, parts: list[list[Piece]], place: str, share: float, at: int = 0) -> None:
    """Say a customer's turn; a share of the turns carries words of the mood, the others are calm."""
    shown = draft.mood if draft.chance(share) else "calm"
    words = draft.pick(draft.bank["emotion"][shown][place])
    draft.say("customer", [*parts[:at], words, *parts[at:]], shown if any(p.text for p in words) else "calm")


def _choose(draft: Draft, intent: str) -> Asked:
    """A question of the intent, about something the dialogue has not asked yet if there is any left."""
    topics = [topic for topic in draft.bank["topic"] if topic["intent"] == intent]
    topic = draft.rng.choice([t for t in topics if t["q"][0] not in draft.used] or topics)
    numbers = part(range(len(topic["q"])), draft.split)
    number = draft.rng.choice([n for n in numbers if topic["q"][n] not in draft.used] or numbers)
    draft.used |= {topic["q"][0], topic["q"][number]}
    return Asked(topic, number)


def _question(draft: Draft, asked: Asked) -> list[Piece]:
    return draft.pick([asked.topic["q"][asked.number]], "question")


def _verify(draft: Draft) -> None:
    asks, replies = draft.bank["ask"]["q"], draft.bank["ask"]["r"]
    number = draft.rng.choice(part(range(len(asks)), draft.split))
    before = [draft.pick(draft.bank["agent"]["before"])] if draft.chance(0.3) else []
    draft.say("agent", [*before, expand(asks[number], draft.values, draft.rng)])
    reply = expand(draft.rng.choice(replies[number]), draft.values, draft.rng)
    _feel(draft, [reply], "mid", 0.25, at=draft.rng.randrange(2))


def _ask(draft: Draft, *, side: bool) -> list[Asked]:
    """A turn with one question or two; a side question belongs to another intent than the dialogue's."""
    others = [intent for intent in INTENT_WEIGHTS if intent != draft.intent]
    asked = [_choose(draft, draft.rng.choice(others) if side else draft.intent)]
    if draft.chance(0.15):
        second = _choose(draft, draft.intent)
        asked += [second] if second.topic is not asked[0].topic else []
    if draft.chance(0.3):
        draft.mood = _weighted(MOOD_WEIGHTS, draft.rng)
    lead = [draft.pick(draft.bank["customer"]["lead"])] if draft.chance(0.45) else []
    questions = [_question(draft, one) for one in asked]
    tail = [draft.pick(draft.bank["customer"]["tail"])] if draft.chance(0.15) else []
    _feel(draft, [*lead, *questions, *tail], "mid", 0.5)
    return asked


def _answer(draft: Draft, asked: list[Asked]) -> None:
    if draft.chance(0.08):  # some questions stay open, so an answer cannot be taken for granted
        draft.say("agent", [draft.pick(draft.bank["agent"]["stall"])])
        return
    parts = [draft.pick(draft.bank["agent"]["before"])] if draft.chance(0.6) else []
    for one in asked:
        answers = one.topic["a"] if one.topic.get("loose") else [one.topic["a"][one.number]]
        parts.append(draft.pick(answers, "answer"))
    if draft.chance(0.45):
        parts.append(draft.pick(draft.bank["agent"]["after"]))
    draft.say("agent", parts)


def _closing(draft: Draft) -> None:
    if draft.chance(0.3):
        draft.mood = _weighted(MOOD_WEIGHTS, draft.rng)
    _feel(draft, [], "end", 0.85)
    if draft.chance(0.6):
        draft.say("agent", [draft.pick(draft.bank["agent"]["bye"])])


def compose_all(language: str, count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """`count` dialogues of 5 to 12 turns, none much like another, the last fifth of them for testing."""
    kept: list[frozenset[str]] = []
    attempt = 0
    while len(kept) < count:
        split = "test" if len(kept) >= count * (1 - TEST_SHARE) else "train"
        row = compose(language, split, f"{seed}-{language}-{attempt}")
        attempt += 1
        marks = shingles(row["turns"], language)
        if not 5 <= len(row["turns"]) <= 12 or any(similarity(marks, other) > TOO_SIMILAR for other in kept):
            continue
        kept.append(marks)
        pinned = {"split": "test"} if split == "test" else {}
        yield {"id": f"demo-{language}-{len(kept):03d}", "language": language, **row, **pinned}


def write_files(folder: Path = DATA, report: Callable[[str], None] = print) -> None:
    """Write both data files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for language, count in COUNTS.items():
        path = folder / f"customer_service_{language}.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in compose_all(language, count)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        report(f"{path.name}: {len(lines)} dialogues, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    write_files()
