"""What is wrong with an answer that no score should be trusted for. Pure.

A guarded answer always goes to a teacher. One that says nothing of its own has the score 0 proposed.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from applications.education_grading.overlap import share_of, words_of


class Guard(StrEnum):
    EMPTY = "empty"  # no word at all
    COPY = "copy"  # of the question
    REFERENCE = "reference"  # of the reference answer, word for word
    APART = "apart"  # no word in common with question or reference
    ADDRESSES = "addresses"  # speaks to whoever grades


WORTHLESS = frozenset({Guard.EMPTY, Guard.COPY})
_COPIED = 0.85  # share of the answer's words that are the question's
_WHOLE = 0.95
_LEAST_WORDS = 4
_ADDRESSES = re.compile(
    r"\b(full|best|top|highest|maximum|all|perfect)\s+(marks?|points?|scores?|grades?)\b"
    r"|\b(rate|score|grade|mark|award|give)\s+(this|it|me|my|us)?\s*(answer|as|with|a|the|full|four|4|5|10)\b"
    r"|\b(ignore|disregard|forget)\b.{0,40}\b(reference|instructions?|rubric|rules)\b"
    r"|\b(grader|dear teacher|system prompt|as an ai)\b|\bscore\s+(is|of|=|:)?\s*\d"
    r"|满分|给我.{0,6}分|忽略.{0,12}(参考|要求|标准)|阅卷",
    re.IGNORECASE,
)


def guards_of(*, question: str, reference: str, answer: str) -> list[Guard]:
    return list(_found(question, reference, answer))


def _found(question: str, reference: str, answer: str) -> Iterator[Guard]:
    said = words_of(answer, short=True)
    if not said:
        yield Guard.EMPTY
        return
    asked, wanted = words_of(question, short=True), words_of(reference, short=True)
    if len(said) >= _LEAST_WORDS and share_of(said, asked) >= _COPIED and not said & (wanted - asked):
        yield Guard.COPY
    if len(said) >= _LEAST_WORDS and share_of(said, wanted) >= _WHOLE and share_of(wanted, said) >= _WHOLE:
        yield Guard.REFERENCE
    content = words_of(answer)
    if not content & (words_of(question) | words_of(reference)):
        yield Guard.APART
    if _ADDRESSES.search(answer):
        yield Guard.ADDRESSES
