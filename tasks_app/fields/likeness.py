"""How alike two texts are, and which of several candidates speaks for all of them."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tasks_app.fields.rover import is_mergeable, merge, word_edits, words_of

MOST_COMPARED = 30  # candidates; comparing is quadratic, and beyond these the lightest ones cannot matter


def normalise(text: str) -> str:
    """Two texts that differ only in case, width, spacing or closing punctuation are the same answer."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return folded.rstrip(".!?。…;, ") or folded


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance in code points, by bit-parallel columns (Myers 1999; Hyyro 2003).

    A column of the table is one Python integer, so two texts of 2,000 characters take about 2 ms.
    """
    if len(a) < len(b):
        a, b = b, a
    if not b:
        return len(a)
    where: dict[str, int] = defaultdict(int)
    for place, char in enumerate(b):
        where[char] |= 1 << place
    every, last = (1 << len(b)) - 1, 1 << (len(b) - 1)
    up, down, distance = every, 0, len(b)  # vertical differences +1 and -1
    for char in a:
        match = where.get(char, 0)
        diagonal = (((match & up) + up) ^ up) | match | down
        right_up = down | ~(diagonal | up) & every
        right_down = up & diagonal
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = right_up << 1 | 1
        up = (right_down << 1 | ~(diagonal | right_up)) & every
        down = right_up & diagonal & every
    return distance


def text_distance(a: str, b: str) -> float:
    """Edit distance of the normalised texts as a share of the longer one: 0 the same, 1 nothing in common."""
    left, right = normalise(a), normalise(b)
    if left == right:
        return 0.0
    return edit_distance(left, right) / max(len(left), len(right))


def choose_text(weights: Mapping[str, float]) -> tuple[str, float]:
    """The text that most of the weight stands behind, and that share of the weight.

    Without a majority: the candidate nearest to what all of them say together, with a confidence of at most
    one half: its own share, raised by how close the others are to it.
    """
    total = sum(weights.values())
    if not total:
        return "", 0.0
    groups: dict[str, dict[str, float]] = defaultdict(dict)
    for text, weight in sorted(weights.items()):
        groups[normalise(text)][text] = weight / total
    shares = {key: sum(spellings.values()) for key, spellings in groups.items()}
    best = max(shares, key=lambda key: shares[key])
    if shares[best] <= 0.5:
        best, confidence = _nearest_to_all(shares)
    else:
        confidence = shares[best]
    return max(groups[best], key=lambda text: groups[best][text]), confidence


def _nearest_to_all(shares: Mapping[str, float]) -> tuple[str, float]:
    """The candidate with the fewest edits to the merged wording; of texts too long to merge, to the others.

    The merge itself is nearer to the truth, but nobody wrote it and nobody has read whether it makes sense.
    """
    compared = sorted(shares, key=lambda key: -shares[key])[:MOST_COMPARED]
    near = {
        key: sum(shares[other] * (1 - _share_of_edits(key, other)) for other in compared) for key in compared
    }
    best = max(compared, key=lambda key: near[key])
    if (merged := merged_words(compared)) is not None:
        edits = {key: word_edits(words_of(key), merged) for key in compared}
        best = min(compared, key=lambda key: (edits[key], -near[key]))
    return best, near[best] / 2


def merged_words(candidates: Sequence[str]) -> tuple[str, ...] | None:
    """What normalised candidates say together; None where there are too few, or too long ones.

    Each wording counts once, however many gave it: without a majority, equal long texts are copies of one
    another more often than agreement (in CrowdWSA2019 J1 five of 70 people did so, and would decide it).
    """
    texts = dict.fromkeys(map(words_of, candidates), 1.0)
    texts.pop((), None)
    if not is_mergeable(list(texts)):
        return None
    apart = {
        words: sum(word_edits(words, other) / max(len(words), len(other)) for other in texts)
        for words in texts
    }
    return merge(texts, min(apart, key=lambda words: (apart[words], words)))


def _share_of_edits(a: str, b: str) -> float:
    return edit_distance(a, b) / max(len(a), len(b), 1)
