"""How long work ends, for whoever asked for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

# Each has words for its good and its bad end in templates/accounts/_end_note.html.
WORKS = (
    "run", "curve", "cross_fit", "analysis", "suggestions", "comparison", "setup", "estimate", "rescan",
    "mixture", "calibration", "floor", "runtime", "audit", "grading",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EndNote:
    """work: one of WORKS; person: who is told, None for work that nobody asked for; url: where it is seen."""

    work: str
    person: UUID | None
    url: str
    about: str  # the title of its project; "" for work on the whole site


Tell = Callable[..., Any]
_tellers: list[Tell] = []


def register_teller(tell: Tell) -> None:
    """accounts says how people are told: what lies below it must not know it."""
    _tellers.append(tell)


def say_end(note: EndNote, *, good: bool) -> None:
    """accounts.services.ends.tell_end, for work of this app."""
    for tell in _tellers:
        tell(note, good=good)
