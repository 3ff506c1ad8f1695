"""Finding the right reply among 1,000 of real dialogues: BM25, the site's encoder, and both fused.

A query is a customer's turn, with the turn before it; the right text is the agent's very next turn, as it was
said. Each dialogue gives at most one query, and the thousand are drawn with a fixed seed. Replies that occur
twice are in the pool once. Hit at 5 is recall at 5, as there is one right reply for each query. BM25 is bm25s
(Lu 2024) with its own tokens for English; Chinese is cut into words by jieba. Nothing was tuned on these
dialogues: the fusion is the one that customer service uses.

With `--model` the thousand come from one half of the dialogues, and the encoder is also asked after it was
tuned by contrast on the other half (tuned_encoder.py).
"""

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from local.bench.command import Settings
from local.bench.tuned_encoder import tune
from local.errors import LocalError

POOL, SEED, AT = 1000, 7, 5
FILES = {"en": "dialogues_en.jsonl", "zh": "dialogues_zh.jsonl"}
ASKS, ANSWERS = {"customer", "user"}, {"agent", "system"}


@dataclass(frozen=True, slots=True)
class Exchange:
    said: str
    reply: str


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: recall at 5 by language and method."""
    folder = settings.data
    if folder is None or not any((folder / name).exists() for name in FILES.values()):
        raise LocalError(f"Give --data, a folder with {' or '.join(FILES.values())}.")
    pool = settings.items or POOL
    figures: dict[str, Any] = {}
    for language, name in FILES.items():
        if (folder / name).exists():
            read = _measure_tuned if settings.model else _measure_file
            figures |= {f"{language}_{key}": value for key, value in read(folder / name, pool).items()}
    return {"settings": {"pool": pool, "seed": SEED, "encoder": "starter"}, "figures": figures}


def _measure_file(path: Path, pool: int) -> dict[str, float]:
    return _measure(draw(dialogues_of(path), pool))


def _measure_tuned(path: Path, pool: int) -> dict[str, float]:
    dialogues = [one for one in dialogues_of(path) if one]
    half = len(dialogues) // 2
    learned = [(one.said, one.reply) for dialogue in dialogues[half:] for one in dialogue]
    exchanges = draw(dialogues[:half], pool)
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:
        encoder = str(tune(learned, Path(folder) / "run"))
        tuned = _measure(exchanges, encoder)
    after = {f"{key}_tuned": value for key, value in tuned.items() if key.endswith(("encoder", "fused"))}
    return {**_measure(exchanges), **after, "tuned_on": len(learned)}


def dialogues_of(path: Path) -> list[list[Exchange]]:
    """The exchanges of each dialogue, in an order that is drawn and the same each time."""
    dice = random.Random(SEED)  # noqa: S311 - a draw that is the same each time
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [list(_exchanges(json.loads(line)["turns"])) for line in lines]
    for one in found:
        dice.shuffle(one)
    dice.shuffle(found)
    return found


def draw(dialogues: Sequence[Sequence[Exchange]], pool: int) -> list[Exchange]:
    """One exchange of each dialogue while there are dialogues, then further ones; no reply twice."""
    found = [list(one) for one in dialogues]
    chosen: dict[str, Exchange] = {}
    while len(chosen) < pool and any(found):
        for one in found:
            if one and len(chosen) < pool:
                exchange = one.pop()
                chosen.setdefault(exchange.reply.lower(), exchange)
    return list(chosen.values())


def _exchanges(turns: Sequence[dict[str, Any]]) -> Iterator[Exchange]:
    for number in range(len(turns) - 1):
        asked, answered = turns[number], turns[number + 1]
        if asked["speaker"] in ASKS and answered["speaker"] in ANSWERS and answered["text"].strip():
            before = turns[number - 1]["text"] + "\n" if number else ""
            yield Exchange(before + asked["text"], answered["text"])


def _measure(exchanges: Sequence[Exchange], encoder: str | None = None) -> dict[str, float]:
    """Recall by each method; the encoder is a folder, or the site's own."""
    from applications.customer_service.lexical import words_of  # noqa: PLC0415

    queries, texts = [one.said for one in exchanges], [one.reply for one in exchanges]
    words = _by_words([words_of(text) for text in queries], [words_of(text) for text in texts])
    vectors = _vectors([*queries, *texts], encoder)
    meaning = vectors[: len(queries)] @ vectors[len(queries) :].T
    fused = 1 / (60 + _ranks(words)) + 1 / (60 + _ranks(meaning))
    return {
        "queries": len(queries),
        "recall_at_5_bm25": _recall(words),
        "recall_at_5_encoder": _recall(meaning),
        "recall_at_5_fused": _recall(fused),
        "recall_at_5_chance": round(AT / len(texts), 4),
    }


def _by_words(queries: Sequence[Sequence[str]], texts: Sequence[Sequence[str]]) -> "np.ndarray[Any, Any]":
    """(Q, T) scores."""
    import bm25s  # noqa: PLC0415

    index = bm25s.BM25()
    index.index([list(text) for text in texts], show_progress=False)
    known = set(index.vocab_dict)
    return np.stack([
        index.get_scores([word for word in query if word in known] or [next(iter(known))])
        if any(word in known for word in query) else np.zeros(len(texts))
        for query in queries
    ])  # fmt: skip


def _vectors(texts: Sequence[str], encoder: str | None) -> "np.ndarray[Any, Any]":
    from training.engine.config import STARTER  # noqa: PLC0415
    from training.engine.data import Row  # noqa: PLC0415
    from training.engine.device import choose_device  # noqa: PLC0415
    from training.engine.survey import Describer  # noqa: PLC0415

    describer = Describer(encoder or STARTER, device=choose_device("auto"))
    rows = [Row(id=str(n), payload={"text": text}, value=None) for n, text in enumerate(texts)]
    return describer.vectors(rows)


def _ranks(scores: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """1 for the best of each row."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    return ranks


def _recall(scores: "np.ndarray[Any, Any]") -> float:
    """Share of queries whose own text is among their first five; among equals it counts as the last."""
    own = np.diag(scores)[:, None]
    return round(float(((scores >= own).sum(axis=1) <= AT).mean()), 4)
