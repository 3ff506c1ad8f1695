"""What a topic is called: the words that are its own, in English and Chinese alike."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.analysis.nearest import Ints
from training.analysis.stop_words import CHINESE, ENGLISH

Doubles = NDArray[np.float64]

MOST_WORDS, NAME_WORDS = 10, 3
WITNESSES = 3  # distinct texts that must say a word: what one person wrote alone names nothing
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")


def words_of(text: str) -> Iterator[str]:
    """The words of a text that carry meaning: no function words, numbers, placeholders or single letters."""
    for run in _RUN.findall(_PLACEHOLDER.sub(" ", text)):
        if _HAN.match(run):
            yield from (word for word in _segmenter()(run) if len(word) > 1 and word not in CHINESE)
        else:
            word = run.casefold().replace("’", "'")
            if len(word) > 2 and word not in ENGLISH and "'" not in word:
                yield word


@lru_cache(maxsize=1)
def _segmenter() -> Callable[[str], Iterable[str]]:
    """jieba over its own dictionary. Read afresh: its cache is a file in the folder for everybody's."""
    import jieba  # noqa: PLC0415

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    cut: Callable[[str], Iterable[str]] = tokenizer.cut
    return cut


def topic_words(texts: Sequence[str], topics: Ints, kinds: int) -> list[list[tuple[str, float]]]:
    """For each topic 0..kinds-1 at most MOST_WORDS words with their weights, the most telling first.

    texts: N distinct ones, of the topic in `topics` (N,), or of none (-1). Weights are class-based TF-IDF
    (Grootendorst 2022): share of the word among the topic's words x ln(1 + A / f), with A the mean number of
    words of a topic and f how often the word occurs in all.
    """
    inside = np.flatnonzero(topics >= 0)
    if not len(inside):
        return [[] for _ in range(kinds)]
    from scipy import sparse  # noqa: PLC0415

    vocabulary: dict[str, int] = {}
    places = [
        (int(topics[row]), vocabulary.setdefault(word, len(vocabulary)))
        for row in inside.tolist()
        for word in dict.fromkeys(words_of(texts[row]))
    ]
    if not places:
        return [[] for _ in range(kinds)]
    rows, columns = np.array(places).T
    shape = (kinds, len(vocabulary))
    counts = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)  # (T, V), of texts
    often = counts.sum(axis=0)  # (V,)
    rarity = np.log1p(counts.sum() / kinds / np.maximum(often, 1))
    known = list(vocabulary)
    return [_best(counts[[topic]].toarray()[0], rarity, known) for topic in range(kinds)]


def _best(counts: Doubles, rarity: Doubles, known: list[str]) -> list[tuple[str, float]]:
    weights = counts / max(counts.sum(), 1) * rarity
    said = np.flatnonzero(counts >= WITNESSES)
    scored = [(known[column], float(weights[column])) for column in said]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:MOST_WORDS]


def name_of(words: Sequence[str]) -> str:
    """The first words, without two that are forms of one (card, cards); empty where there are none."""
    chosen: list[str] = []
    for word in words:
        if not any(_alike(word, other) for other in chosen):
            chosen.append(word)
    return " · ".join(chosen[:NAME_WORDS])


def _alike(a: str, b: str) -> bool:
    """Whether one begins the other, or both share all but an ending (charge, charging)."""
    if a in b or b in a:
        return True
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    return shared >= 5 and shared >= max(len(a), len(b)) - 3
