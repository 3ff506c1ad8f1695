"""How much one dialogue repeats another."""

from collections.abc import Iterable, Mapping


def shingles(turns: Iterable[Mapping[str, str]], language: str) -> frozenset[str]:
    """All runs of three words (Chinese: four characters) within the turns, lower case."""
    found: set[str] = set()
    for turn in turns:
        text = turn["text"].lower()
        units = list(text) if language == "zh" else text.split()
        size = 4 if language == "zh" else 3
        found.update(" ".join(units[i : i + size]) for i in range(max(1, len(units) - size + 1)))
    return frozenset(found)


def similarity(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard index of two sets of shingles, 0..1."""
    return len(a & b) / len(a | b) if a or b else 1.0
