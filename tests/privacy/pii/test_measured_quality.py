"""Floors, a little below what was measured on real and synthetic texts, so that a change that finds less
shows.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from privacy.pii.scan import scan

DATA = Path(__file__).parents[4] / "shared" / "data"
TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")  # no white space, no punctuation
pytestmark = pytest.mark.skipif(
    not (DATA / "pii_en_presidio.jsonl").exists(), reason="the shared data is not here"
)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def tokens_within(text: str, spans: list[tuple[int, int]]) -> set[int]:
    return {m.start() for m in TOKEN.finditer(text) for a, b in spans if m.start() < b and a < m.end()}


def figures(name: str) -> tuple[float, float, float]:
    """Token-level precision, recall and F2, all types one class."""
    hits = found = labelled = 0
    for row in rows(name):
        gold = tokens_within(row["text"], [(s["start"], s["end"]) for s in row["spans"]])
        got = tokens_within(row["text"], [(f.start, f.end) for f in scan(row["text"])])
        hits, found, labelled = hits + len(gold & got), found + len(got), labelled + len(gold)
    precision, recall = hits / found, hits / labelled
    return precision, recall, 5 * precision * recall / (4 * precision + recall)


@pytest.mark.parametrize(
    ("name", "precision", "recall", "f2"),
    [
        ("pii_en_presidio.jsonl", 0.94, 0.67, 0.71),
        ("pii_en_multidogo.jsonl", 0.91, 0.73, 0.76),
        ("pii_zh_crosswoz.jsonl", 0.95, 0.94, 0.95),
        ("pii_multi_piianon.jsonl", 0.86, 0.75, 0.77),
    ],
)
def test_quality_on_labelled_texts(name: str, precision: float, recall: float, f2: float) -> None:
    measured = figures(name)
    assert measured[0] >= precision and measured[1] >= recall and measured[2] >= f2, measured


def test_speed_on_chat_turns() -> None:
    turns = [turn["text"] for row in rows("dialogues_en.jsonl")[::8] for turn in row["turns"]]
    scan("warm up a@example.com 212-555-0143 203.0.113.7")
    before = time.process_time()
    for turn in turns:
        scan(turn)
    assert len(turns) / (time.process_time() - before) > 2500
