"""The kinds of record that recommendation keeps, for retention rules."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from applications.recommendation import popularity
from applications.recommendation.models import Interaction
from applications.recommendation.services.interactions import half_life_of
from privacy.retention import Kind, register


def register_all() -> None:
    register(
        Kind(
            "interactions", _("Interactions with recommended items"),
            _("What people did with items of a catalogue; without them it no longer counts either."),
            Interaction.objects.all, "at", 730, project="item__project", remove=_remove,
        )
    )  # fmt: skip


def _remove(ids: Sequence[Any]) -> int:
    rows = Interaction.objects.filter(pk__in=ids)
    touched: dict[Any, set[Any]] = {}
    for project, item in rows.values_list("item__project", "item"):
        touched.setdefault(project, set()).add(item)
    count = rows.delete()[0]
    for project, items in sorted(touched.items()):
        popularity.recount(items, half_life_of(project))
    return count
