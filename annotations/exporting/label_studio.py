"""Label Studio's JSON: a list of tasks; the truth as one annotation, if asked everybody's answers too."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from annotations.exporting.rows import Export, Row
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_speakers, turn_texts

Result = dict[str, Any]


def write(export: Export) -> Iterator[str]:
    yield "["
    for number, row in enumerate(export.rows()):
        yield (",\n" if number else "\n") + json.dumps(_task(row, export), ensure_ascii=False)
    yield "\n]\n"


def _task(row: Row, export: Export) -> dict[str, Any]:
    fields = {field.name: field for field in export.fields}
    annotations = (
        [{"ground_truth": True, "result": _results(row, row.approved, fields)}] if row.approved else []
    )
    for answer in row.answers:
        result = _results(row, answer.value, fields)
        annotations.append(
            {
                "completed_by": answer.annotator,
                "lead_time": answer.seconds,
                "result": result,
                "ground_truth": False,
            }
        )
    return {"data": {"id": row.id, **_data(row)}, "annotations": annotations}


def _data(row: Row) -> dict[str, Any]:
    if "turns" in row.payload:
        return {"dialogue": [{"author": t["speaker"], "text": t["text"]} for t in row.payload["turns"]]}
    if "pair" in row.payload:
        return {"text_a": row.payload["pair"][0], "text_b": row.payload["pair"][1]}
    return {"text": row.payload["text"]}


def _results(row: Row, values: Mapping[str, Any], fields: Mapping[str, Field]) -> list[Result]:
    return [
        {"from_name": name, "to_name": "dialogue" if "turns" in row.payload else "text", **result}
        for name, value in values.items()
        if name in fields
        for result in _WRITERS[fields[name].type](row, value)
    ]


def _spans(row: Row, value: list[dict[str, Any]]) -> Iterator[Result]:
    """Dialogues use paragraph labels (start and end name the turn), plain texts use labels."""
    texts = turn_texts(row.payload)
    for number, span in enumerate(value):
        turn, start, end = span["turn"], span["start"], span["end"]
        marked = {"text": texts[turn][start:end]}
        if "turns" in row.payload:
            place = {"start": str(turn), "end": str(turn), "startOffset": start, "endOffset": end}
            label = {"paragraphlabels": [span["label"]]}
        else:
            place, label = {"start": start, "end": end}, {"labels": [span["label"]]}
        yield {"id": f"s{number}", "type": next(iter(label)), "value": {**place, **marked, **label}}


def _choices(row: Row, value: Any) -> Iterator[Result]:
    """Of a whole item; or of each turn, as a choice on the stretch that the whole turn is."""
    if isinstance(value, str):
        yield {"type": "choices", "value": {"choices": [value]}}
        return
    whole = [entry for entry in value or [] if isinstance(entry, str)]
    if whole:
        yield {"type": "choices", "value": {"choices": whole}}
    texts, speakers = turn_texts(row.payload), turn_speakers(row.payload)
    for entry in value or []:
        if isinstance(entry, str):
            continue
        turn, labels = entry["turn"], entry.get("labels") or [entry["label"]]
        place = {"start": str(turn), "end": str(turn), "startOffset": 0, "endOffset": len(texts[turn])}
        about = {"item_index": turn, "meta": {"author": speakers[turn]}}
        yield {"type": "choices", **about, "value": {**place, "choices": labels}}


def _text(row: Row, value: str) -> Iterator[Result]:
    if value:
        yield {"type": "textarea", "value": {"text": [value]}}


_WRITERS = {"span": _spans, "choice": _choices, "text": _text}
