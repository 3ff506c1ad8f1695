"""The gate on a model's page: what it guards, and how a version stands against the one in production."""

from typing import Any

from django.utils.translation import gettext as _

from training.engine.evaluation.slices import KINDS
from training.gate import Guards
from training.models import Model
from training.words import part_kind


def guards(model: Model) -> dict[str, Any]:
    held = Guards.from_json(model.guards)
    named = [{"kind": kind, "name": part_kind(kind), "on": kind in held.kinds} for kind in KINDS]
    most = "" if held.membership is None else f"{100 * held.membership:g}"
    return {"guarded": named, "tolerance": f"{100 * held.tolerance:g}", "most_told": most}


def columns(version: str, other: str) -> list[dict[str, Any]]:
    """`version` and `other` are what the columns of the two figures are called."""
    numbers = [_("Items"), version, other, _("Difference"), _("From"), _("To")]
    return [{"title": _("Part")}, *({"title": name, "numeric": True} for name in numbers)]


def rows(comparison: dict[str, Any] | None) -> list[list[Any]]:
    """A line for all items and each part of them, from `versus.differences`."""
    return [
        [f"{part_kind(part['kind'])} {part['name']}".strip(), *_numbers(part)]
        for part in (comparison or {}).get("parts", [])
    ]


def _numbers(part: dict[str, Any]) -> list[dict[str, Any]]:
    found = [f"{part['units']:,}", f"{part['candidate']:.3f}", f"{part['current']:.3f}"]
    found += [f"{100 * part[name]:+.1f}" for name in ("value", "low", "high")]
    return [{"text": text, "numeric": True} for text in found]
