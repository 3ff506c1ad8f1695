"""Label Studio's JSON: a list of tasks; the truth as one annotation, if asked everybody's answers too."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from annotations.exporting.encoding import to_json
from annotations.exporting.rows import Export, Row
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_speakers, turn_texts
from tasks_app.fields.relation import RelationField

Result = dict[str, Any]


def write(export: Export) -> Iterator[str]:
    yield "["
    for number, row in enumerate(export.rows()):
        yield (",\n" if number else "\n") + to_json(_task(row, export))
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
    return {"data": {"id": row.id, **_data(row), **_candidates(row)}, "annotations": annotations}


def _candidates(row: Row) -> dict[str, Any]:
    """As the ranker shows them: a list of objects with an id and a body."""
    listed = [{"id": one["id"], "body": one["text"]} for one in row.payload.get("candidates", ())]
    return {"candidates": listed} if listed else {}


def _data(row: Row) -> dict[str, Any]:
    if "turns" in row.payload:
        return {"dialogue": [{"author": t["speaker"], "text": t["text"]} for t in row.payload["turns"]]}
    if "pair" in row.payload:
        return {"text_a": row.payload["pair"][0], "text_b": row.payload["pair"][1]}
    return {"text": row.payload["text"]}


def _results(row: Row, values: Mapping[str, Any], fields: Mapping[str, Field]) -> list[Result]:
    about = "dialogue" if "turns" in row.payload else "text"
    results: list[Result] = []
    for name, value in values.items():
        if name in fields:
            places = {"from_name": name, "to_name": "candidates" if fields[name].type == "rank" else about}
            # A link is no mark on anything: it names the two regions by their ids.
            places = {} if fields[name].refers else places
            results += [
                {**places, **result} for result in _WRITERS[fields[name].type](row, value, fields[name])
            ]
    return results


def _region(field: str, number: int) -> str:
    return f"{field}-{number}"


def _turn(row: Row, turn: int) -> Result:
    """The stretch that a whole turn is, and who says it."""
    place = {"start": str(turn), "end": str(turn), "startOffset": 0}
    return place | {"endOffset": len(turn_texts(row.payload)[turn])}


def _about(row: Row, turn: int) -> Result:
    return {"item_index": turn, "meta": {"author": turn_speakers(row.payload)[turn]}}


def _spans(row: Row, value: list[dict[str, Any]], field: Field) -> Iterator[Result]:
    """Dialogues use paragraph labels (start and end name the turn), plain texts use labels."""
    texts = turn_texts(row.payload)
    for number, span in enumerate(value or []):
        turn, start, end = span["turn"], span["start"], span["end"]
        marked = {"text": texts[turn][start:end]}
        if "turns" in row.payload:
            place = {"start": str(turn), "end": str(turn), "startOffset": start, "endOffset": end}
            label = {"paragraphlabels": [span["label"]]}
        else:
            place, label = {"start": start, "end": end}, {"labels": [span["label"]]}
        shown = {"type": next(iter(label)), "value": {**place, **marked, **label}}
        yield {"id": _region(field.name, number), **shown}


def _choices(row: Row, value: Any, field: Field) -> Iterator[Result]:
    """Of a whole item; or of each turn, as a choice on the stretch that the whole turn is."""
    if isinstance(value, str):
        yield {"type": "choices", "value": {"choices": [value]}}
        return
    whole = [entry for entry in value or [] if isinstance(entry, str)]
    if whole:
        yield {"type": "choices", "value": {"choices": whole}}
    for entry in value or []:
        if isinstance(entry, str):
            continue
        turn, labels = entry["turn"], entry.get("labels") or [entry["label"]]
        yield {"type": "choices", **_about(row, turn), "value": {**_turn(row, turn), "choices": labels}}


def _text(row: Row, value: str, field: Field) -> Iterator[Result]:
    if value:
        yield {"type": "textarea", "value": {"text": [value]}}


def _numbers(row: Row, value: Any, field: Field) -> Iterator[Result]:
    if isinstance(value, int):
        yield {"type": "number", "value": {"number": value}}
        return
    for entry in value or []:
        turn, number = entry["turn"], entry["value"]
        yield {"type": "number", **_about(row, turn), "value": {**_turn(row, turn), "number": number}}


def _ranking(row: Row, value: list[str], field: Field) -> Iterator[Result]:
    if value:
        yield {"type": "ranker", "value": {"ranker": {"rank": value}}}


def _links(row: Row, value: list[dict[str, Any]], field: Field) -> Iterator[Result]:
    if not isinstance(field, RelationField):
        return
    for link in value or []:
        yield {
            "type": "relation",
            "from_id": _region(field.from_field, link["from"]),
            "to_id": _region(field.to_field, link["to"]),
            "direction": "right" if field.directed else "bi",
            "labels": [link["label"]],
        }


_WRITERS: dict[str, Callable[[Row, Any, Field], Iterator[Result]]] = {
    "span": _spans,
    "choice": _choices,
    "text": _text,
    "scale": _numbers,
    "rank": _ranking,
    "relation": _links,
}
