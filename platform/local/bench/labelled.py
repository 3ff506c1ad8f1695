"""Texts with labelled personal data, and how well detectors find it.

Token level, all types one class; tokens are runs of letters and digits, in Chinese characters; beta is 2.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = ("pii_en_presidio", "pii_en_multidogo", "pii_zh_crosswoz", "pii_multi_piianon")
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")  # no white space, no punctuation

# Labels that stood for values, however many in a row; and what is neither those nor a letter.
_VALUES = re.compile(r"<[A-Z_]+>(?:\W*<[A-Z_]+>)*")
_SIGNS = re.compile(r"[^<>a-z\u00c0-\U0010ffff]+")

Span = tuple[int, int]


@dataclass(frozen=True)
class Labelled:
    """`template` is the same for texts that differ in their labelled values alone; `frame` also for those
    that differ in case, signs, or how many values stand in a row.
    """

    id: str
    text: str
    spans: tuple[Span, ...]
    labels: tuple[str, ...]
    template: str

    @property
    def frame(self) -> str:
        return _SIGNS.sub(" ", _VALUES.sub(" <> ", self.template).casefold()).strip()

    @property
    def is_read(self) -> bool:
        """Whether its misses may have been read while rules were written: every other template's were."""
        return hashlib.sha256(self.template.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Quality:
    precision: float
    recall: float

    @property
    def f2(self) -> float:
        """van Rijsbergen's F with beta 2: 5PR / (4P + R)."""
        below = 4 * self.precision + self.recall
        return 5 * self.precision * self.recall / below if below else 0.0


def read(path: Path) -> list[Labelled]:
    return [_labelled(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _labelled(row: dict[str, Any]) -> Labelled:
    spans = sorted((span["start"], span["end"], span["label"]) for span in row["spans"])
    parts: list[str] = []
    at = 0
    for start, end, label in spans:
        parts += (row["text"][at:start], f"<{label}>")
        at = max(at, end)
    template = re.sub(r"\d", "0", "".join((*parts, row["text"][at:])))
    return Labelled(
        row["id"], row["text"], tuple((s, e) for s, e, _ in spans), tuple(n for _, _, n in spans), template
    )


def quality(rows: Iterable[Labelled], find: Callable[[Labelled], Sequence[Span]]) -> Quality:
    hits = found = labelled = 0
    for row in rows:
        gold, got = tokens_within(row.text, row.spans), tokens_within(row.text, find(row))
        hits, found, labelled = hits + len(gold & got), found + len(got), labelled + len(gold)
    return Quality(hits / found if found else 0.0, hits / labelled if labelled else 0.0)


def tokens_within(text: str, spans: Sequence[Span]) -> set[int]:
    """Where the tokens begin that a span touches."""
    return {
        token.start()
        for token in _TOKEN.finditer(text)
        for start, end in spans
        if token.start() < end and start < token.end()
    }


def halves(rows: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """The texts whose misses were read, and those that share no frame with any of them."""
    seen = [row for row in rows if row.is_read]
    frames = {row.frame for row in seen}
    return seen, [row for row in rows if row.frame not in frames]
