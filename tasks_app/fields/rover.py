"""Several people's wordings laid over one another, word by word, and what most of them say at each place."""

from collections.abc import Mapping, Sequence

from tasks_app.fields.tokens import tokenize

MOST_CELLS = 150_000  # of the tables of an alignment, about a tenth of a second
_NOTHING = ""
Slot = dict[str, float]  # word, or nothing -> weight behind it


def words_of(text: str) -> tuple[str, ...]:
    """The words, without punctuation; of scripts without spaces, such as Chinese, the single characters."""
    words = (text[start:end] for start, end in tokenize(text))
    return tuple(word for word in words if any(char.isalnum() for char in word))


def is_mergeable(texts: Sequence[Sequence[str]]) -> bool:
    lengths = [len(words) for words in texts]
    return len(texts) > 2 and sum(lengths) * max(lengths) <= MOST_CELLS


def merge(texts: Mapping[tuple[str, ...], float], base: tuple[str, ...]) -> tuple[str, ...]:
    """The words that most of the weight stands behind, place by place (ROVER; Fiscus 1997, "A Post-processing
    System to Yield Reduced Word Error Rates").

    `base` is the text that the others are laid over, the heaviest first; the one nearest to all is best.
    """
    slots = [{word: texts[base]} for word in base]
    total = texts[base]
    for words in sorted(
        (words for words in texts if words != base), key=lambda words: (-texts[words], words)
    ):
        slots = _laid_over(slots, words, texts[words], total)
        total += texts[words]
    # Of equals the first word by name, and rather a word than nothing.
    best = (max(sorted(slot), key=lambda word: (slot[word], word != _NOTHING)) for slot in slots)
    return tuple(word for word in best if word != _NOTHING)


def word_edits(a: Sequence[str], b: Sequence[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def _laid_over(slots: Sequence[Slot], words: Sequence[str], weight: float, total: float) -> list[Slot]:
    """The slots with one more text, aligned at the least cost: 1 for a word that is new at its place, less
    for one that some have there already, and for a gap where some have one."""
    gaps = [1.0 - slot.get(_NOTHING, 0.0) / total for slot in slots]
    costs = [[float(j) for j in range(len(words) + 1)]]
    for slot, gap in zip(slots, gaps, strict=True):
        above = costs[-1]
        row = [above[0] + gap]
        for j, word in enumerate(words):
            match = above[j] + (1.0 - slot[word] / total) / 2 if word in slot else above[j] + 1.0
            row.append(min(match, above[j + 1] + gap, row[j] + 1.0))
        costs.append(row)
    return _traced(costs, slots, gaps, words, weight, total)


def _traced(
    costs: Sequence[Sequence[float]],
    slots: Sequence[Slot],
    gaps: Sequence[float],
    words: Sequence[str],
    weight: float,
    total: float,
) -> list[Slot]:
    found: list[Slot] = []
    i, j = len(slots), len(words)
    while i or j:
        if i and costs[i][j] == costs[i - 1][j] + gaps[i - 1]:
            i -= 1
            found.append(_with(slots[i], _NOTHING, weight))
        elif j and costs[i][j] == costs[i][j - 1] + 1.0:
            j -= 1
            found.append({_NOTHING: total, words[j]: weight})
        else:
            i, j = i - 1, j - 1
            found.append(_with(slots[i], words[j], weight))
    return found[::-1]


def _with(slot: Slot, word: str, weight: float) -> Slot:
    return slot | {word: slot.get(word, 0.0) + weight}
