"""A crowd of known, different skill that marks spans in made-up dialogues of known truth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from annotations.aggregation.judgments import Judgment
from tasks_app.fields.schema import parse_fields
from tasks_app.fields.tokens import tokenize

FIELD = parse_fields([{"name": "qa", "type": "span", "labels": ["question", "answer"]}])[0]
WORDS = [
    "we",
    "can",
    "you",
    "please",
    "order",
    "the",
    "parcel",
    "late",
    "where",
    "money",
    "refund",
    "is",
    "my",
    "it",
]


@dataclass(frozen=True)
class Worker:
    """Chances: to find a span, to name it rightly, to move an end by a token or two, to invent one."""

    name: str
    find: float
    right: float
    slip: float
    invent: float


@dataclass(frozen=True)
class Dialogue:
    name: str
    payload: Mapping[str, Any]
    truth: list[dict[str, Any]]
    answers: Mapping[str, list[dict[str, Any]]]


def make_workers(random: Random, count: int = 24) -> list[Worker]:
    """A quarter expert, half ordinary, and an eighth each sloppy at the boundaries and careless spammers."""
    kinds = [
        Worker("expert", 0.97, 0.98, 0.04, 0.01),
        Worker("expert", 0.95, 0.97, 0.06, 0.01),
        Worker("fair", 0.88, 0.93, 0.15, 0.03),
        Worker("fair", 0.85, 0.92, 0.15, 0.04),
        Worker("fair", 0.80, 0.90, 0.20, 0.05),
        Worker("lazy", 0.60, 0.90, 0.20, 0.02),
        Worker("sloppy", 0.90, 0.92, 0.75, 0.04),
        Worker("spammer", 0.25, 0.50, 0.60, 0.40),
    ]
    return [
        replace(kinds[i % len(kinds)], name=f"{kinds[i % len(kinds)].name}-{i:02d}") for i in range(count)
    ]


def make_crowd(dialogues: int, *, answers: int = 3, seed: int = 7, turns: int = 8) -> list[Dialogue]:
    random = Random(seed)  # noqa: S311 - a simulation
    workers = make_workers(random)
    return [_dialogue(f"d{i:04d}", random, random.sample(workers, answers), turns) for i in range(dialogues)]


def judgments_of(crowd: list[Dialogue]) -> list[Judgment]:
    return [
        Judgment(worker, f"{dialogue.name}|{unit}", label)
        for dialogue in crowd
        for worker, answer in dialogue.answers.items()
        for unit, label in FIELD.judgments(answer, dialogue.payload)
    ]


def _dialogue(name: str, random: Random, workers: list[Worker], turns: int) -> Dialogue:
    texts = [" ".join(random.choices(WORDS, k=random.randint(8, 22))) for _ in range(turns)]
    payload = {"turns": [{"speaker": "ab"[i % 2], "text": text} for i, text in enumerate(texts)]}
    truth = [span for turn, text in enumerate(texts) for span in _truth(random, turn, text)]
    answers = {worker.name: _answer(random, worker, texts, truth) for worker in workers}
    return Dialogue(name, payload, truth, answers)


def _truth(random: Random, turn: int, text: str) -> list[dict[str, Any]]:
    """Nothing in half of the turns; else one span, sometimes two."""
    if random.random() < 0.5:
        return []
    tokens = tokenize(text)
    half = len(tokens) // 2
    parts = [tokens[:half], tokens[half:]] if random.random() < 0.3 else [tokens]
    spans = []
    for part in parts:
        first = random.randrange(max(len(part) - 3, 1))
        last = random.randrange(first, min(first + 9, len(part)))
        label = ("question", "answer")[turn % 2 if random.random() < 0.8 else random.randrange(2)]
        spans.append({"turn": turn, "start": part[first][0], "end": part[last][1], "label": label})
    return spans


def _answer(
    random: Random, worker: Worker, texts: list[str], truth: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    marked = []
    for span in truth:
        if random.random() < worker.find:
            label = span["label"] if random.random() < worker.right else random.choice(FIELD.labels)
            marked.append(_slip(random, worker, texts[span["turn"]], span) | {"label": label})
    for turn, text in enumerate(texts):
        if random.random() < worker.invent:
            tokens = tokenize(text)
            first = random.randrange(len(tokens))
            last = min(first + random.randrange(6), len(tokens) - 1)
            marked.append(
                {
                    "turn": turn,
                    "start": tokens[first][0],
                    "end": tokens[last][1],
                    "label": random.choice(FIELD.labels),
                }
            )
    return _without_overlaps(marked)


def _slip(random: Random, worker: Worker, text: str, span: dict[str, Any]) -> dict[str, Any]:
    tokens = tokenize(text)
    first = next(i for i, (start, _) in enumerate(tokens) if start == span["start"])
    last = next(i for i, (_, end) in enumerate(tokens) if end == span["end"])
    if random.random() < worker.slip:
        first = max(0, min(last, first + random.choice((-2, -1, 1))))
    if random.random() < worker.slip:
        last = min(len(tokens) - 1, max(first, last + random.choice((-1, 1, 2))))
    return span | {"start": tokens[first][0], "end": tokens[last][1]}


def _without_overlaps(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for span in sorted(spans, key=lambda span: (span["turn"], span["start"], span["end"])):
        if not kept or kept[-1]["turn"] != span["turn"] or kept[-1]["end"] <= span["start"]:
            kept.append(span)
    return kept
