"""One text out of several people's."""

from collections import Counter
from collections.abc import Sequence

from tasks_app.fields.likeness import choose_text


def vote_text(answers: Sequence[str]) -> tuple[str, float]:
    """The text most people gave (spelling apart) and their share; else the one nearest to all."""
    return choose_text(Counter(answers))
