"""Words in common: what can be done without a model, and the baseline that a model has to beat. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from training.engine.ordinal import quadratic_kappa

_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_STEM = 5  # letters that are compared: "evaporates" is "evaporation"
_SHORTEST = 4
_STEPS = tuple(number / 20 for number in range(1, 20))


def words_of(text: str, *, short: bool = False) -> frozenset[str]:
    """Stems of the words, numbers whole; of Chinese, pairs of characters. short: words of any length."""
    found = set()
    for word in _WORD.findall(text.casefold()):
        if _HAN.fullmatch(word):
            found |= {a + b for a, b in pairwise(word)} or {word}
        elif word.isdigit() or short or len(word) >= _SHORTEST:
            found.add(word[:_STEM])
    return frozenset(found)


def share_of(words: frozenset[str], others: frozenset[str]) -> float:
    """Which share of `words` is among the others; 0 of none."""
    return len(words & others) / len(words) if words else 0.0


def missing_by_words(answer: str, points: Sequence[str], least: float) -> tuple[int, ...]:
    """Numbers of the points of whose words less than the share `least` is in the answer."""
    said = words_of(answer)
    return tuple(number for number, point in enumerate(points) if share_of(words_of(point), said) < least)


@dataclass(frozen=True, slots=True)
class ScoreByWords:
    """The scale's step by the share of the reference's words that the answer has; edges were learned."""

    edges: tuple[float, ...]

    def score(self, reference: str, answer: str) -> int:
        return int(np.searchsorted(self.edges, share_of(words_of(reference), words_of(answer)), side="right"))

    @classmethod
    def learn(cls, rows: Sequence[tuple[str, str, int]], top: int) -> "ScoreByWords":
        """From (reference, answer, score): edges one after another, those with the best kappa, twice over."""
        shares = [share_of(words_of(reference), words_of(answer)) for reference, answer, _score in rows]
        truth = [score for _reference, _answer, score in rows]
        edges = [(step + 0.5) / (top + 1) for step in range(top)]
        for place in [*range(top), *range(top)]:
            tried = [sorted([*edges[:place], edge, *edges[place + 1 :]]) for edge in _STEPS]
            edges = max([edges, *tried], key=lambda one: _kappa(one, shares, truth))
        return cls(tuple(edges))


def _kappa(edges: Sequence[float], shares: Sequence[float], truth: Sequence[int]) -> float:
    guessed = np.searchsorted(edges, shares, side="right").tolist()
    return quadratic_kappa(list(zip(truth, guessed, strict=True)))


def learn_least(rows: Sequence[tuple[str, Sequence[str], frozenset[int]]]) -> float:
    """The share for `missing_by_words` with the best F1 over (answer, points, missing)."""

    def score(least: float) -> float:
        return f1(
            [
                (missing, frozenset(missing_by_words(answer, points, least)))
                for answer, points, missing in rows
            ]
        )

    return max(_STEPS, key=score)


def f1(pairs: Sequence[tuple[frozenset[int], frozenset[int]]]) -> float:
    """Over all points of (truth, guess) together; 1 where neither has any."""
    hits = sum(len(truth & guess) for truth, guess in pairs)
    named = sum(len(truth) + len(guess) for truth, guess in pairs)
    return 2 * hits / named if named else 1.0
