"""Dialogues as prompts, and how near a reply comes to the one that people chose. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from training.engine.metrics import Report
from training.engine.payload import Turn

# A word; in writing without spaces each character counts as one.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")


def replier_of(turns: Sequence[Turn]) -> str:
    """Who is to speak next: who spoke before, other than the last one; else "agent"."""
    last = turns[-1].speaker if turns else None
    others = [turn.speaker for turn in turns if turn.speaker and turn.speaker != last]
    return others[-1] if others else "agent"


def plain_prompt(turns: Sequence[Turn], replier: str) -> str:
    """For a model without a chat template: a line for each turn, and the beginning of the reply's."""
    lines = [f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in turns]
    return "\n".join([*lines, f"{replier}:"])


def messages(turns: Sequence[Turn], replier: str) -> list[dict[str, str]]:
    """For a chat template: whoever replies is the assistant; turns of one side in a row are one message.

    Templates want the user to begin, so what the assistant said first is left out.
    """
    found: list[dict[str, str]] = []
    for turn in turns:
        role = "assistant" if turn.speaker == replier else "user"
        if found and found[-1]["role"] == role:
            found[-1]["content"] += f"\n{turn.text}"
        elif found or role == "user":
            found.append({"role": role, "content": turn.text})
    return found


def words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def rouge_l(written: str, reference: str) -> float:
    """F1 of the longest common subsequence of words, 0..1 (Lin 2004, "ROUGE"); 1 for two empty texts."""
    one, other = words(written), words(reference)
    if not one or not other:
        return float(one == other)
    common = _common(one, other)
    return 2 * common / (len(one) + len(other))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        before, row = row, [0]
        for place, there in enumerate(other):
            row.append(before[place] + 1 if word == there else max(before[place + 1], row[place]))
    return row[-1]


def reply_report(truth: Sequence[str], written: Sequence[Any]) -> Report:
    """rouge_l: mean over replies. exact: share that says the same words. words: mean length written."""
    pairs = [(str(said or ""), reference) for said, reference in zip(written, truth, strict=True)]
    count = max(1, len(pairs))
    return {
        "rouge_l": sum(rouge_l(said, reference) for said, reference in pairs) / count,
        "exact": sum(words(said) == words(reference) for said, reference in pairs) / count,
        "words": sum(len(words(said)) for said, _reference in pairs) / count,
        "replies": len(pairs),
    }
