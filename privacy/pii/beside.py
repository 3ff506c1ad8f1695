"""Replacing personal data in what is written about a dialogue, as it was replaced in the dialogue."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from privacy.pii.redactor import Redactor


def replace_beside(
    text: str,
    *,
    texts: Sequence[str],
    originals: Iterable[dict[str, Any]] = (),
    stand_ins: Iterable[tuple[str, str]] = (),
    policy: str = "placeholder",
) -> tuple[str, Counter[str]]:
    """The text, and how many of each kind were replaced. Who has a placeholder in the dialogue has it here.

    texts: the dialogue's turns as people see them. originals: what was replaced there ({turn, start, end,
    kind, value}, places in `texts`; or {place, kind, value, replacement} of a speaker, the meta or an id).
    stand_ins: (kind, text) of invented values, which are nobody's and stay.
    `keep` means that the data is public, and changes nothing.
    """
    if not text or policy == "keep":
        return text, Counter()
    redactor = Redactor(policy="placeholder", secret=None)
    redactor.redact_turns(list(texts))  # takes note of the numbers that are in use
    for row in originals:
        now = row["replacement"] if "turn" not in row else _shown(row, texts)
        if now:
            redactor.remember(row["value"], row["kind"], now)
    for kind, made in stand_ins:
        redactor.remember(made, kind, made)
    return replace_by(redactor, text)


def _shown(row: dict[str, Any], texts: Sequence[str]) -> str:
    """What stands now where the value stood; nothing for a candidate's text."""
    return texts[row["turn"]][row["start"] : row["end"]] if row["turn"] < len(texts) else ""


def replace_by(redactor: Redactor, text: str) -> tuple[str, Counter[str]]:
    """By a redactor that may know already what stands for whom."""
    result = redactor.redact_turns([text])
    kinds = (one.kind for _turn, one, new in result.findings if text[one.start : one.end] != new)
    return result.texts[0], Counter(kinds)
