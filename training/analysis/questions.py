"""Which texts ask something, and which of them ask the same."""

import re
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np

from training.analysis.nearest import Floats, Ints, blocks, unit

ALIKE = 0.8  # cosine of two questions that ask the same; chosen on development dialogues
# Of Chinese ones, whose vectors are half what an encoder says and half which pairs of characters they have:
# the shipped encoder knows little Chinese and takes most of its questions for one.
ALIKE_CHINESE = 0.72
# Of more different questions the rarer ones join these or stand alone: else a million texts take hours.
MOST_LEADERS = 30_000
_PAIRS = 512  # places that pairs of characters are hashed to
_HAN = re.compile(r"[\u3400-\u9fff]")
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_OPENER = re.compile(
    r"(?:(?:so|and|but|ok|okay|hi|hello|hey|well|please|sorry|also|then)\b[\s,]*)*"
    r"(?:who|whom|whose|what|whats|what's|when|where|where's|wheres|why|which|how|how's|"
    r"(?:is|are|am|was|were|do|does|did|can|could|may|might|will|would|shall|should|has|have|had)(?:n't|nt)?\s+"
    r"(?:i|you|we|he|she|it|they|there|this|that|these|those|the|my|your|our|their|any|anyone|someone)"
    r")\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"[吗嘛么呢][。!！…~～\s]*$|(?<!没)(?:什么|怎么)|怎样|如何|哪[里儿个些家种一位天年]|为何|为什么|是不是|有没有|能不能|可不可以|"
    r"是否|多少|几点|几个|多久|多长时间|多大|多远|请问|谁[是的会能在]"
)


def question_in(text: str) -> str:
    """The first of its sentences that is a question, by its mark or its words; empty where none is."""
    return next((part for raw in _SENTENCE.findall(text) if _is_question(part := raw.strip())), "")


def comparable(vectors: Floats, texts: Sequence[str]) -> tuple[Floats, Floats]:
    """(N, D + _PAIRS) vectors of unit length in which Chinese is told apart, and (N,) how alike is the same.

    vectors: (N, D) of unit length, of the texts.
    """
    pairs = np.zeros((len(texts), _PAIRS), dtype=np.float32)
    alike = np.full(len(texts), ALIKE, dtype=np.float32)
    for row, text in enumerate(texts):
        characters = "".join(_HAN.findall(text))
        if len(characters) > 1:
            alike[row] = ALIKE_CHINESE
            for a, b in pairwise(characters):
                pairs[row, crc32((a + b).encode()) % _PAIRS] += 1
    both = np.concatenate([vectors, unit(pairs)], axis=1)
    both[alike == ALIKE_CHINESE] /= np.sqrt(np.float32(2))
    return both, alike


def _is_question(sentence: str) -> bool:
    if sentence.endswith(("?", "？")):
        # "在吗？" is one, "ok?" may be; a lone mark and "no?" ask nothing that others could ask as well.
        return len(sentence.strip("?？ ")) > 2 or len(_HAN.findall(sentence)) > 1
    if sentence.endswith(("!", "！")):
        return False
    return bool(_OPENER.match(sentence) or _CHINESE.search(sentence))


def same_questions(vectors: Floats, counts: Ints, alike: Floats) -> Ints:
    """(N,) the row of the question that stands for each: itself, or a more frequent one that asks the same.

    vectors: (N, D) of unit length, of distinct texts that occur `counts` (N,) times. alike: (N,) cosines.
    The leader algorithm (Hartigan 1975, "Clustering Algorithms", ch. 3): the most frequent first, each joins
    the most similar leader within `alike` or becomes one, so that no chain of small steps joins what differs.
    Beyond MOST_LEADERS none is added.
    """
    leader = np.arange(len(vectors), dtype=np.int64)
    order = np.argsort(-counts, kind="stable")
    leaders = np.zeros(0, dtype=np.int64)
    for part in blocks(len(order), max(min(len(order), MOST_LEADERS), 1024)):
        rows = order[part]
        place, near = _most_similar(vectors[rows], vectors[leaders])
        near_enough = near >= alike[rows]
        leader[rows] = np.where(near_enough, leaders[place] if len(leaders) else rows, rows)
        if len(leaders) < MOST_LEADERS:
            fresh = _led(vectors, rows[~near_enough], leader, alike)
            leaders = np.concatenate([leaders, fresh])
    return leader


def _led(vectors: Floats, rows: Ints, leader: Ints, alike: Floats) -> Ints:
    """The new leaders among rows that no earlier one takes; the others are told in `leader`."""
    likeness = vectors[rows] @ vectors[rows].T  # (R, R)
    chosen: list[int] = []
    for place, row in enumerate(rows):
        near = likeness[place, chosen]
        if len(near) and near.max() >= alike[row]:
            leader[row] = rows[chosen[int(near.argmax())]]
        else:
            chosen.append(place)
    return rows[chosen]


def _most_similar(queries: Floats, base: Floats) -> tuple[Ints, Floats]:
    if not len(base):
        return np.zeros(len(queries), dtype=np.int64), np.full(len(queries), -1, dtype=np.float32)
    likeness = queries @ base.T
    place = likeness.argmax(axis=1)
    return place, likeness[np.arange(len(queries)), place]
