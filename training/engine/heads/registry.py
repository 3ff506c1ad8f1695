"""Which head answers which field; a further field type is one more module and one more line here."""

from collections.abc import Sequence

from training.engine.data import Row
from training.engine.heads.base import Head, Settings
from training.engine.heads.choice import ChoiceHead
from training.engine.heads.context import eligible
from training.engine.heads.span import SpanHead
from training.engine.payload import turns_of

HEADS: dict[str, type[Head]] = {"span": SpanHead, "choice": ChoiceHead}


def make_head(name: str, settings: Settings) -> Head:
    return HEADS[name](settings)


def has_blanks(rows: Sequence[Row], settings: Settings) -> bool:
    """Whether any unit of a choice field was left without a label, so that blank is an answer to learn."""
    if settings.field.type != "choice":
        return False
    if settings.field.scope != "turn":
        return any(not row.value for row in rows)
    return any(
        set(eligible(turns_of(row.payload), settings)) - {entry.get("turn") for entry in row.value or []}
        for row in rows
    )
