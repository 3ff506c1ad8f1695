"""How people mark spans: what they overlook, where their marks slip, what they mark that is none."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local.demo.dice import difficulty

_SENTENCE = re.compile(r"[^.!?。！？…]+[.!?。！？…]*")
_WORD = re.compile(r"[㐀-鿿]|[^\s㐀-鿿]+")
Span = dict[str, Any]
Turns = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Habits:
    """Shares from 0 to 1: spans missed, marks that slip, side sentences marked; `style` is how marks slip."""

    miss: float
    slip: float
    eager: float
    style: Literal["loose", "wide", "narrow"]
    blind_to_indirect: bool = False
    careless: bool = False  # swaps the labels half of the time


def mark_spans(
    habits: Habits, turns: Turns, truth: Sequence[Span], item_id: str, rng: random.Random
) -> list[Span]:
    """The spans a person with these habits marks; sorted, inside their turns, never overlapping."""
    labels = sorted({span["label"] for span in truth}) or ["question"]
    marked = []
    for span in truth:
        text = turns[span["turn"]]["text"]
        if rng.random() < _chance_to_miss(habits, span, text, item_id):
            continue
        start, end = _placed(habits, span, text, rng)
        label = rng.choice(labels) if habits.careless else span["label"]
        marked.append({"turn": span["turn"], "start": start, "end": end, "label": label})
    marked += _side_marks(habits, turns, truth, item_id, rng)
    return _untangled(marked, turns)


def _chance_to_miss(habits: Habits, span: Span, text: str, item_id: str) -> float:
    hard = difficulty(f"{item_id}:{span['turn']}:{span['label']}")
    indirect = span["label"] == "question" and not text[span["start"] : span["end"]].endswith(("?", "？"))
    if indirect and habits.blind_to_indirect:
        return 0.75
    return min(0.9, habits.miss * (0.4 + 1.2 * hard + 0.8 * indirect))


def _placed(habits: Habits, span: Span, text: str, rng: random.Random) -> tuple[int, int]:
    start, end = span["start"], span["end"]
    if rng.random() >= habits.slip:
        return start, end
    if habits.style == "wide":
        return _whole_sentences(text, start, end) if rng.random() < 0.5 else (0, len(text))
    words = [match.span() for match in _WORD.finditer(text)]
    inside = [i for i, (a, b) in enumerate(words) if a < end and b > start]
    if not inside:
        return start, end
    first, last = inside[0], inside[-1]
    if habits.style == "narrow":
        first, last = min(first + rng.randrange(1, 3), last), last
    elif rng.random() < 0.5:
        first = min(max(0, first + rng.choice((-2, -1, 1, 2))), last)
    else:
        last = max(first, min(len(words) - 1, last + rng.choice((-2, -1, 1, 2))))
    # only the edge that moved snaps to a word; the other stays where it was right
    return (words[first][0] if first != inside[0] else start), (words[last][1] if last != inside[-1] else end)


def _whole_sentences(text: str, start: int, end: int) -> tuple[int, int]:
    touching = [m.span() for m in _SENTENCE.finditer(text) if m.start() < end and m.end() > start]
    return (touching[0][0], touching[-1][1]) if touching else (start, end)


def _side_marks(
    habits: Habits, turns: Turns, truth: Sequence[Span], item_id: str, rng: random.Random
) -> list[Span]:
    """Sentences that only look like it: an agent's question, a rhetorical one, a filler before an answer."""
    marks: list[Span] = []
    for turn, spoken in enumerate(turns):
        taken = [span for span in truth if span["turn"] == turn]
        for sentence in _SENTENCE.finditer(spoken["text"]):
            if any(s["start"] < sentence.end() and s["end"] > sentence.start() for s in taken):
                continue
            asks = sentence[0].rstrip().endswith(("?", "？"))
            tempting = 0.2 + 0.8 * difficulty(f"{item_id}:{turn}:{sentence.start()}")
            share = habits.eager * tempting * (1.0 if asks else 0.12)
            if sentence[0].strip() and rng.random() < share:
                answers = spoken["speaker"] == "agent" and not asks
                label = "answer" if answers else "question"
                marks.append({"turn": turn, "start": sentence.start(), "end": sentence.end(), "label": label})
    return marks


def _trimmed(span: Span, text: str) -> Span:
    marked = text[span["start"] : span["end"]]
    start = span["start"] + len(marked) - len(marked.lstrip())
    return {**span, "start": start, "end": start + len(marked.strip())}


def _untangled(spans: list[Span], turns: Turns) -> list[Span]:
    """Sorted; where two overlap the later one begins behind the earlier, or goes."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s["turn"], s["start"], s["end"])):
        if kept and kept[-1]["turn"] == span["turn"] and span["start"] < kept[-1]["end"]:
            span = {**span, "start": min(kept[-1]["end"], span["end"])}
        span = _trimmed(span, turns[span["turn"]]["text"])
        if span["start"] < span["end"]:
            kept.append(span)
    return kept
