"""Question-answer pairs in the approved spans of a dialogue."""

from collections.abc import Mapping, Sequence
from typing import Any


def pairs_of(turns: Sequence[Mapping[str, Any]], marks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each marked question with the marked answer that belongs to it, in order.

    The n-th question asked before a run of answers belongs to the n-th of that run; what is left over has no
    partner. `marks` have turn, start, end, label ("question" or "answer").
    """
    found: list[tuple[str, str]] = []
    questions: list[str] = []
    answers: list[str] = []
    for mark in sorted(marks, key=lambda one: (one["turn"], one["start"])):
        text = str(turns[mark["turn"]]["text"])[mark["start"] : mark["end"]].strip()
        if mark["label"] == "question":
            if answers:
                found += zip(questions, answers, strict=False)
                questions, answers = questions[len(answers) :], []
            questions.append(text)
        elif mark["label"] == "answer":
            answers.append(text)
    return [*found, *zip(questions, answers, strict=False)]
