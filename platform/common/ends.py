"""How long work ends, for whoever asked for it."""

from dataclasses import dataclass
from uuid import UUID

# Each has words for its good and its bad end in templates/accounts/_end_note.html.
WORKS = (
    "run", "curve", "cross_fit", "analysis", "suggestions", "comparison", "setup", "estimate", "rescan",
    "mixture", "calibration", "floor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EndNote:
    """work: one of WORKS; person: who is told, None for work that nobody asked for; url: where it is seen."""

    work: str
    person: UUID | None
    url: str
    about: str  # the title of its project
