"""What counting words does without a model. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_MOST = 25  # words of each label
Label = str


@dataclass(frozen=True, slots=True)
class Keywords:
    """label -> its words. fallback: the most frequent label, where no word or several labels say so."""

    words: Mapping[Label, frozenset[str]]
    fallback: Label

    @classmethod
    def of(cls, rows: Iterable[tuple[str, Label]]) -> "Keywords":
        """Of each label the words with the greatest log-odds of being in its texts, seen at least twice."""
        texts: dict[Label, Counter[str]] = {}
        sizes: Counter[Label] = Counter()
        for text, label in rows:
            sizes[label] += 1
            texts.setdefault(label, Counter()).update(set(tokens(text)))
        total = sum(texts.values(), Counter[str]())
        found = {}
        for label, inside in texts.items():
            scores = {
                word: _odds(count, sizes[label]) - _odds(total[word] - count, sizes.total() - sizes[label])
                for word, count in inside.items()
                if count >= 2
            }
            best = sorted(scores, key=lambda word: (-scores[word], word))[:_MOST]
            found[label] = frozenset(word for word in best if scores[word] > 0)
        return cls(found, sizes.most_common(1)[0][0] if sizes else "")

    def label_of(self, text: str) -> Label:
        """The label with the most of its words in the text."""
        there = set(tokens(text))
        hits = {label: len(words & there) for label, words in self.words.items()}
        best = max(hits.values(), default=0)
        leaders = [label for label, count in hits.items() if count == best]
        return leaders[0] if best and len(leaders) == 1 else self.fallback


def tokens(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _odds(count: int, size: int) -> float:
    return math.log((count + 0.5) / (size - count + 0.5))


def marking_words(rows: Iterable[tuple[str, Sequence[tuple[int, int]]]]) -> frozenset[str]:
    """Words that stand inside marked spans more often than outside."""
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    for text, spans in rows:
        for found in _WORD.finditer(text):
            marked = any(start <= found.start() < end for start, end in spans)
            (inside if marked else outside)[found.group().casefold()] += 1
    return frozenset(word for word, count in inside.items() if count > outside[word])


def spans_by_words(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Runs of such words, from the first to the last character of each."""
    runs: list[tuple[int, int]] = []
    going = False
    for found in _WORD.finditer(text):
        hit = found.group().casefold() in words
        if hit and going:
            runs[-1] = (runs[-1][0], found.end())
        elif hit:
            runs.append(found.span())
        going = hit
    return runs


def span_f1(pairs: Iterable[tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]]) -> float:
    """Characters marked in both (true, found), against those marked in either: 2 both / (true + found)."""
    both = either = 0
    for true, found in pairs:
        left, right = (set[int]().union(*(range(*span) for span in side)) for side in (true, found))
        both += len(left & right)
        either += len(left) + len(right)
    return 2 * both / either if either else 1.0
