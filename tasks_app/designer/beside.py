"""What others wrote beside one's own text in the designer: a newer version, and drafts of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks_app.designer.change_words import in_words
from tasks_app.designer.checking import check_text
from tasks_app.designer.comparing import Config, compare
from tasks_app.models import Project, SchemaVersion
from tasks_app.services import designing

_MOST = 5


@dataclass(frozen=True)
class OtherText:
    """`changes` lead from theirs to one's own; None where one of the two cannot be read yet."""

    name: str
    at: datetime
    text: str
    changes: list[dict[str, Any]] | None


def newer_version(project: Project, *, base: int) -> SchemaVersion | None:
    """What was saved since a text was begun from version `base`."""
    latest = designing.latest_version(project)
    return latest if latest is not None and latest.number != base else None


def changes_between(theirs: Sequence[Config] | None, own_text: str) -> list[dict[str, Any]] | None:
    own = check_text(own_text).fields
    return None if theirs is None or own is None else in_words(compare(theirs, own))


def other_drafts(project: Project, person: Any, own_text: str) -> list[OtherText]:
    rows = designing.drafts_of_others(project, person).select_related("person")[:_MOST]
    return [
        OtherText(
            str(row.person), row.updated_at, row.text,
            changes_between(check_text(row.text).fields, own_text),
        )
        for row in rows
    ]  # fmt: skip
