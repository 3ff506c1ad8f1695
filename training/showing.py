"""A prediction as the design system's dialogue component takes it."""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from nh3 import clean

from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_speakers, turn_texts
from tasks_app.fields.relation import RelationField
from tasks_app.fields.schema import parse_fields
from training.models import ModelVersion, Prediction

COLOURS = 8
Turn = dict[str, Any]


def field_of(version: ModelVersion) -> Field:
    """The answer field as it was when the version's data was frozen."""
    return next(f for f in parse_fields(version.snapshot.fields) if f.name == version.model.field)


def turns_of(prediction: Prediction, field: Field) -> list[Turn]:
    """The stored text, marked with the spans or the labels of turns that the model gave (or was given)."""
    spans = _linked_spans(prediction) if field.type == "relation" else prediction.value or []
    names = sorted({span["label"] for span in spans}) if field.type == "relation" else field.labels
    speakers = turn_speakers(prediction.payload)
    first = next((name for name in speakers if name), None)
    turns = []
    for index, text in enumerate(turn_texts(prediction.payload)):
        turn: Turn = {"speaker": speakers[index] or "", "text": text, "other": speakers[index] != first}
        marks = [mark for mark in _listed(spans) if _is_at(mark, index)]
        if marks and field.type in ("span", "relation"):
            turn["parts"] = parts_of(text, marks, names)
        elif marks:
            turn["labels"] = ", ".join(_said(marks[0]))
        turns.append(turn)
    return turns


def shown(prediction: Prediction, field: Field) -> dict[str, Any]:
    """What training/_prediction.html takes."""
    return {
        "turns": turns_of(prediction, field),
        "labels": labels_of(prediction, field),
        "ranked": ranked_of(prediction) if field.type == "rank" else [],
        "links": links_of(prediction, field) if isinstance(field, RelationField) else [],
        "nothing": prediction.value in (None, "", []),
    }


def labels_of(prediction: Prediction, field: Field) -> list[str]:
    """The labels (or the point) of an answer about the whole item; empty for one about turns or spans."""
    value = prediction.value
    if field.type == "rank" or value is None:
        return []
    if isinstance(value, list):
        return [label for label in value if isinstance(label, str)]
    return [str(value)]


def ranked_of(prediction: Prediction) -> list[str]:
    """The texts of the candidates, the best first."""
    texts = {one["id"]: one["text"] for one in prediction.payload.get("candidates", ())}
    return [texts.get(identity, identity) for identity in prediction.value or []]


def links_of(prediction: Prediction, field: RelationField) -> list[dict[str, str]]:
    """The texts that are linked, and how."""
    texts = turn_texts(prediction.payload)
    linked = field.resolve(prediction.value, prediction.payload.get("beside") or {}).links

    def said(span: dict[str, Any]) -> str:
        text: str = texts[span["turn"]]
        return text[span["start"] : span["end"]]

    return [{"from": said(a), "to": said(b), "label": label} for a, b, label in linked]


def _linked_spans(prediction: Prediction) -> list[dict[str, Any]]:
    """The spans of all fields that the links speak of."""
    return [span for spans in (prediction.payload.get("beside") or {}).values() for span in spans]


def _listed(value: Any) -> list[Any]:
    """The marks of an answer that is a list; an answer about the whole item marks nothing."""
    return value if isinstance(value, list) else []


def _said(mark: dict[str, Any]) -> list[str]:
    """What a mark says of its turn: labels, a label, or a point on a scale."""
    return mark.get("labels") or [str(mark["label"] if "label" in mark else mark["value"])]


def parts_of(text: str, spans: Sequence[dict[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Consecutive pieces of `text`. Where spans overlap, the later one shows from the end of the earlier."""
    parts: list[dict[str, Any]] = []
    at = 0
    for span in sorted(spans, key=lambda span: (span["start"], span["end"])):
        start = max(span["start"], at)
        if start >= span["end"]:
            continue
        if start > at:
            parts.append({"text": text[at:start]})
        colour = labels.index(span["label"]) % COLOURS + 1 if span["label"] in labels else 1
        parts.append({"text": text[start : span["end"]], "label": span["label"], "color": colour})
        at = span["end"]
    return [*parts, {"text": text[at:]}] if at < len(text) else parts


def card_html(markdown: str) -> str:
    """A model card as HTML that can do no harm: it names a project, and people name projects."""
    if markdown.startswith("---\n"):  # the header is for the hub
        markdown = markdown.split("\n---\n", 1)[-1]
    return clean(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))


def _is_at(mark: Any, turn: int) -> bool:
    return isinstance(mark, dict) and mark.get("turn") == turn
