"""Reading who looked at which originals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from privacy.models import VaultAccess


@dataclass(frozen=True)
class Look:
    at: datetime
    actor: UUID
    name: str  # empty when the account is gone
    item: UUID
    project: UUID
    reason: str


def accesses(*, project: UUID | None = None, item: UUID | None = None) -> QuerySet[VaultAccess]:
    """Newest first; of one project or one item, or all."""
    rows = VaultAccess.objects.order_by("-id")
    if project is not None:
        rows = rows.filter(project=project)
    return rows.filter(item=item) if item is not None else rows


def looks(rows: Sequence[VaultAccess]) -> list[Look]:
    """The rows with the names of who looked, in one query."""
    people = User.objects.in_bulk({row.actor for row in rows})
    return [
        Look(
            row.at,
            row.actor,
            str(people[row.actor]) if row.actor in people else "",
            row.item,
            row.project,
            row.reason,
        )
        for row in rows
    ]


def look_json(look: Look) -> dict[str, Any]:
    return {
        "at": look.at,
        "actor": str(look.actor),
        "name": look.name,
        "item": str(look.item),
        "project": str(look.project),
        "reason": look.reason,
    }
