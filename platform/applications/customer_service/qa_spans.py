"""Question-answer pairs in the approved marks of a dialogue, and in the links between them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Turns = Sequence[Mapping[str, Any]]
Mark = Mapping[str, Any]
_ENDS = {"question", "answer"}


def pairs_of(turns: Turns, marks: Sequence[Mark]) -> list[tuple[str, str]]:
    """Each marked question with the marked answer that belongs to it, in order.

    The n-th question asked before a run of answers belongs to the n-th of that run; what is left over has no
    partner. `marks` have turn, start, end, label ("question" or "answer").
    """
    found: list[tuple[str, str]] = []
    questions: list[str] = []
    answers: list[str] = []
    for mark in sorted(marks, key=lambda one: (one["turn"], one["start"])):
        text = _text(turns, mark)
        if mark["label"] == "question":
            if answers:
                found += zip(questions, answers, strict=False)
                questions, answers = questions[len(answers) :], []
            questions.append(text)
        elif mark["label"] == "answer":
            answers.append(text)
    return [*found, *zip(questions, answers, strict=False)]


def linked_pairs(turns: Turns, links: Iterable[tuple[Mark, Mark, str]]) -> list[tuple[str, str]]:
    """Each question with the answer that it is linked to, whichever of the two ends the link begins at.

    `links` are (span, span, label); those of which not one is a question and one an answer are none of ours.
    """
    found = []
    for one, other, _label in links:
        if {one["label"], other["label"]} == _ENDS:
            asked, said = (one, other) if one["label"] == "question" else (other, one)
            found.append((_text(turns, asked), _text(turns, said)))
    return found


def _text(turns: Turns, mark: Mark) -> str:
    return str(turns[mark["turn"]]["text"])[mark["start"] : mark["end"]].strip()
