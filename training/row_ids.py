"""Rows of a data file that are items of this platform: their ids are UUIDs; others' may not."""

from collections.abc import Iterable
from uuid import UUID


def item_ids(ids: Iterable[str]) -> list[UUID]:
    """Those of `ids` that may be an item's."""
    found = []
    for text in ids:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
