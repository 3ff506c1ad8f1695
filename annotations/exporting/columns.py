"""The columns of a table of answers: how each payload and field looks in parquet, and what it means."""

import pyarrow as pa

from tasks_app.fields.base import Field
from tasks_app.fields.rank import RankField
from tasks_app.fields.relation import RelationField
from tasks_app.fields.scale import ScaleField

_TURN = pa.struct([("speaker", pa.string()), ("text", pa.string())])
PAYLOAD = {
    "turns": pa.list_(_TURN),
    "text": pa.string(),
    "pair": pa.list_(pa.string()),
    "candidates": pa.list_(pa.struct([("id", pa.string()), ("text", pa.string())])),
}
_OWN_COLUMNS = {"id", "group", "language", "states", "answers", *PAYLOAD}
_SPAN = pa.struct([("turn", pa.int32()), ("start", pa.int32()), ("end", pa.int32()), ("label", pa.string())])
_LINK = pa.struct([("from", pa.int32()), ("to", pa.int32()), ("label", pa.string())])
_COLUMNS = {
    "span": pa.list_(_SPAN),
    "text": pa.string(),
    "rank": pa.list_(pa.string()),
    "relation": pa.list_(_LINK),
}


def column(name: str) -> str:
    """A field may be called like a column that every export has."""
    return f"{name}_answer" if name in _OWN_COLUMNS else name


def type_of(field: Field) -> pa.DataType:
    by_turn = field.scope == "turn"
    if field.type == "scale":
        return pa.list_(pa.struct([("turn", pa.int32()), ("value", pa.int32())])) if by_turn else pa.int32()
    if field.type in _COLUMNS:
        return _COLUMNS[field.type]
    labels = pa.list_(pa.string()) if getattr(field, "multi", False) else pa.string()
    if not by_turn:
        return labels
    name = "labels" if getattr(field, "multi", False) else "label"
    return pa.list_(pa.struct([("turn", pa.int32()), (name, labels)]))


def meaning(field: Field) -> str:
    parts = [f": {', '.join(field.labels)}"] if field.labels else []
    if isinstance(field, ScaleField):
        ends = [f" ({end})" if end else "" for end in (field.low, field.high)]
        parts.append(f": {field.min}{ends[0]} to {field.max}{ends[1]}, in steps of {field.step}")
    if isinstance(field, RankField):
        parts.append(f": ids of candidates, the best {f'{field.top} ' if field.top else ''}first")
    if isinstance(field, RelationField):
        ends = [f"`{column(name)}`" for name in (field.from_field, field.to_field)]
        parts.append(f"; `from` and `to` are indexes into {ends[0]} and {ends[1]} of the same row")
    return "".join(parts)
