"""One field's value as a page shows it: marks in their turns, an order, links, or words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from annotations.presenting import ShownTurn, marked, title_of, words
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.relation import RelationField
from tasks_app.fields.scale import ScaleField

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class ShownLink:
    source: str
    label: str
    color: int
    target: str
    directed: bool


@dataclass(frozen=True)
class Shown:
    """`words` in any case; of the others the one that the field's type has."""

    words: str
    turns: Sequence[ShownTurn] = ()
    ranked: Sequence[str] = ()
    links: Sequence[ShownLink] = ()
    note: str = ""
    place: dict[str, int] = field(default_factory=dict)  # of a scale: min, max, value


def shown(shape: Field, value: Any, payload: Payload, answer: Mapping[str, Any]) -> Shown:
    """`answer`: the whole of what `value` is a part of, for fields that refer to others."""
    said = words(shape, value)
    if shape.type == "span":
        return Shown(said, turns=[turn for turn in marked(shape, value, payload) if turn.parts])
    if shape.type == "rank":
        return Shown(said, ranked=ranked_texts(value, payload))
    if isinstance(shape, RelationField):
        return Shown(said, links=_links(shape, value, payload, answer))
    if isinstance(shape, ScaleField):
        whole = {"min": shape.min, "max": shape.max, "value": value} if isinstance(value, int) else {}
        return Shown(said, note=ends(shape), place=whole)
    return Shown(said)


def ranked_texts(value: Sequence[str] | None, payload: Payload) -> list[str]:
    texts = {one["id"]: one["text"] for one in payload.get("candidates", ())}
    return [texts.get(identity, identity) for identity in value or []]


def ends(shape: ScaleField) -> str:
    """What the ends of a scale mean, such as “1 bad – 5 good”, in the reader's language."""
    zh = (get_language() or "").startswith("zh")
    low, high = (shape.low_zh or shape.low, shape.high_zh or shape.high) if zh else (shape.low, shape.high)
    return f"{shape.min} {low} – {shape.max} {high}".replace("  ", " ").strip()


def _links(shape: RelationField, value: Any, payload: Payload, answer: Mapping[str, Any]) -> list[ShownLink]:
    texts = turn_texts(payload)

    def cut(span: Mapping[str, Any]) -> str:
        return str(texts[span["turn"]][span["start"] : span["end"]])

    return [
        ShownLink(
            source=cut(source),
            label=title_of(shape, label),
            color=shape.labels.index(label) % 8 + 1 if label in shape.labels else 8,
            target=cut(target),
            directed=shape.directed,
        )
        for source, target, label in shape.resolve(value, answer).links
    ]
