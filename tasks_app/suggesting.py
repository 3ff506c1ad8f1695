"""A model's suggestions shown with an item. tasks_app knows no models; the app that keeps them registers."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

SuggestionSource = Callable[[Sequence[UUID]], dict[UUID, dict[str, Any]]]
_sources: list[SuggestionSource] = []


def register_suggestion_source(source: SuggestionSource) -> None:
    if source not in _sources:
        _sources.append(source)


def suggestions_for(item_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Item id -> field -> suggested value with confidence; items without one are left out."""
    found: dict[UUID, dict[str, Any]] = {}
    for source in _sources:
        for item_id, values in source(item_ids).items():
            found.setdefault(item_id, {}).update(values)
    return found
