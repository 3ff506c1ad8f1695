"""A Label Studio task as a record of our own: its texts, and its annotations as answers. Pure.

Understood is what our export writes, and the same results from elsewhere where they name one of the project's
fields: choices, labels and paragraph labels, textarea, number and rating, ranker, relation. Label Studio's
offsets count UTF-16 units where the text was marked in a browser; those of our export are code points. The
text that each result quotes tells which.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks_app.fields.base import Field
from tasks_app.fields.relation import RelationField

Record = dict[str, Any]
Result = Mapping[str, Any]


def is_task(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("data"), dict) and not {"turns", "text", "pair"} & value.keys()


def from_task(value: Mapping[str, Any], fields: Sequence[Field]) -> Record:
    """What cannot be understood is left out here and missed by the check of the record."""
    data = value["data"]
    record: Record = {"id": data.get("id", value.get("id", "")), **_content(data)}
    annotations = [one for one in value.get("annotations") or [] if isinstance(one, dict)]
    answers = []
    for number, annotation in enumerate(annotations):
        answer = _answer(annotation.get("result") or [], fields, record)
        if annotation.get("ground_truth"):
            record["approved"] = answer
        else:
            who = _person(annotation.get("completed_by"), number)
            answers.append({"annotator": who, "value": answer, "seconds": annotation.get("lead_time") or 0})
    return record | ({"answers": answers} if answers else {})


def _content(data: Mapping[str, Any]) -> Record:
    found: Record = {}
    if isinstance(data.get("dialogue"), list):
        turns = [one for one in data["dialogue"] if isinstance(one, dict)]
        found["turns"] = [
            {"speaker": str(t.get("author", t.get("speaker", ""))), "text": t.get("text", "")} for t in turns
        ]
    elif {"text_a", "text_b"} <= data.keys():
        found["pair"] = [data["text_a"], data["text_b"]]
    elif "text" in data:
        found["text"] = data["text"]
    listed = [one for one in data.get("candidates") or [] if isinstance(one, dict)]
    if listed:
        found["candidates"] = [
            {"id": str(one.get("id", n)), "text": one.get("body", one.get("text", ""))}
            for n, one in enumerate(listed)
        ]
    return found


def _person(completed_by: object, number: int) -> str:
    """A name, or the user as an object, or only a number."""
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return str(completed_by or f"annotator {number + 1}")


def _answer(results: Sequence[Result], fields: Sequence[Field], record: Record) -> dict[str, Any]:
    texts = _texts(record)
    answer: dict[str, Any] = {}
    regions: dict[object, tuple[str, int]] = {}  # id -> span field and index in its answer
    for field in fields:
        own = [one for one in results if one.get("from_name") == field.name]
        if field.type == "span":
            answer[field.name] = [_span(one, texts) for one in own]
            regions |= {one.get("id"): (field.name, n) for n, one in enumerate(own)}
        elif isinstance(field, RelationField):
            answer[field.name] = list(_links(field, results, regions))
        elif own:
            answer[field.name] = _value(field, own)
    return answer


def _texts(record: Record) -> list[str]:
    if "turns" in record:
        return [str(turn["text"]) for turn in record["turns"]]
    return [str(text) for text in record.get("pair", [record.get("text", "")])]


def _span(result: Result, texts: Sequence[str]) -> dict[str, Any]:
    value = result.get("value") or {}
    turn = int(value["start"]) if "startOffset" in value else 0
    start, end = value.get("startOffset", value.get("start")), value.get("endOffset", value.get("end"))
    labels = value.get("paragraphlabels") or value.get("labels") or [""]
    text = texts[turn] if 0 <= turn < len(texts) else ""
    quoted = value.get("text")
    if isinstance(start, int) and isinstance(end, int) and quoted and text[start:end] != quoted:
        start, end = _from_utf16(text, start), _from_utf16(text, end)
    return {"turn": turn, "start": start, "end": end, "label": labels[0]}


def _from_utf16(text: str, units: int) -> int:
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore"))


def _links(
    field: RelationField, results: Sequence[Result], regions: Mapping[object, tuple[str, int]]
) -> Iterator[dict[str, Any]]:
    """A relation names no field: it belongs to the one whose spans and labels it has."""
    for one in results:
        ends = regions.get(one.get("from_id")), regions.get(one.get("to_id"))
        label = next((name for name in one.get("labels") or [] if name in field.labels), None)
        if one.get("type") != "relation" or ends[0] is None or ends[1] is None:
            continue
        if label is None and len(field.labels) == 1 and not one.get("labels"):
            label = field.labels[0]
        if label and (ends[0][0], ends[1][0]) == (field.from_field, field.to_field):
            yield {"from": ends[0][1], "to": ends[1][1], "label": label}


def _value(field: Field, results: Sequence[Result]) -> Any:
    values: list[dict[str, Any]] = [one.get("value") or {} for one in results]
    if field.type == "text":
        return "\n".join(map(str, values[0].get("text") or []))
    if field.type == "rank":
        return (values[0].get("ranker") or {}).get("rank")
    read = _point if field.type == "scale" else _all_labels if getattr(field, "multi", False) else _label
    if field.scope != "turn":
        return read(values[0])
    key = {_point: "value", _all_labels: "labels", _label: "label"}[read]
    return [{"turn": int(value["start"]), key: read(value)} for value in values]


def _point(value: Mapping[str, Any]) -> Any:
    return value.get("number", value.get("rating"))


def _all_labels(value: Mapping[str, Any]) -> Any:
    return value.get("choices")


def _label(value: Mapping[str, Any]) -> Any:
    return (value.get("choices") or [None])[0]
