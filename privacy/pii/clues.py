"""The cheap look at a turn that decides which detectors have to read it at all."""

import re

from privacy.pii.questions import NOTHING, question_of

_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_DIGIT = re.compile(r"\d")
_ASCII_DIGIT = re.compile("[0-9]")


class Clues:
    """A folded turn with what is known about it. All but the question is wanted of every turn, so it is
    worked out at once.

    `lower` is lower-cased with the same length, so that offsets hold; `words` are its runs of letters, in
    order; `previous` is the turn before, if there is one.
    """

    __slots__ = ("_question", "capital", "digits", "han", "lower", "previous", "text", "word_set", "words")

    def __init__(self, text: str, previous: "Clues | None" = None) -> None:
        self.text = text
        self.previous = previous
        self.lower = _lower(text)
        self.words: list[str] = _WORD.findall(self.lower)
        self.word_set = frozenset(self.words)
        self.capital = self.lower != text
        plain = text.isascii()
        self.digits = len((_ASCII_DIGIT if plain else _DIGIT).findall(text))
        self.han = not plain and _HAN.search(text) is not None
        self._question: frozenset[str] | None = None

    @property
    def question(self) -> frozenset[str]:
        """What this turn asks for; see `questions`."""
        if self._question is None:
            self._question = question_of(self.lower, self.word_set)
        return self._question

    @property
    def asked(self) -> frozenset[str]:
        """What the turn before asked for."""
        return self.previous.question if self.previous else NOTHING


def in_word(char: str) -> bool:
    r"""Whether an expression's \w takes the character."""
    return char.isalnum() or char == "_"


def _lower(text: str) -> str:
    """U+0130 alone would grow."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(char.lower()[:1] for char in text)
