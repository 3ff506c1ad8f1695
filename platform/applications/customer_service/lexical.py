"""Words of a text and how well two texts match by them: BM25, in any language and in Chinese.

Robertson and Zaragoza (2009), "The Probabilistic Relevance Framework: BM25 and Beyond", with k1 = 1.2 and
b = 0.75.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_K1, _B = 1.2, 0.75
_PIECES = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
LONGEST = 100  # characters of one word


def words_of(text: str) -> list[str]:
    """In lower case and in order; runs of Chinese characters are cut into words."""
    found: list[str] = []
    for piece in _PIECES.findall(text.lower()):
        found += _cutter().lcut(piece) if _CHINESE.match(piece) else [piece[:LONGEST]]
    return found


def language_of(text: str) -> str:
    """ "zh" where a third of the letters are Chinese, "en" otherwise: which of the two to look among."""
    letters = [char for char in text if char.isalpha()]
    chinese = len(_CHINESE.findall(text))
    return "zh" if letters and chinese * 3 >= len(letters) else "en"


@lru_cache(maxsize=1)
def _cutter() -> Any:
    import logging  # noqa: PLC0415

    import jieba  # noqa: PLC0415 - reads a dictionary, which only Chinese needs

    jieba.setLogLevel(logging.WARNING)
    return jieba.Tokenizer()


def bm25(
    query: Sequence[str], documents: Sequence[Sequence[str]], *, counts: Mapping[str, int], total: int
) -> list[float]:
    """A score for each of (N) documents; `counts` is how many of all `total` documents hold a word."""
    mean = sum(map(len, documents)) / len(documents) if documents else 1.0
    rarity = {
        word: math.log(
            1 + (max(total, counts.get(word, 0)) - counts.get(word, 0) + 0.5) / (counts.get(word, 0) + 0.5)
        )
        for word in set(query)
    }
    return [_score(rarity, Counter(words), len(words) / (mean or 1.0)) for words in documents]


def _score(rarity: Mapping[str, float], held: Mapping[str, int], length: float) -> float:
    return sum(
        weight * held[word] * (_K1 + 1) / (held[word] + _K1 * (1 - _B + _B * length))
        for word, weight in rarity.items()
        if word in held
    )


def fuse(*rankings: Sequence[Any], constant: int = 60) -> list[Any]:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009): best first, each once."""
    score: dict[Any, float] = {}
    for ranking in rankings:
        for rank, one in enumerate(ranking, start=1):
            score[one] = score.get(one, 0.0) + 1 / (constant + rank)
    return sorted(score, key=lambda one: -score[one])
