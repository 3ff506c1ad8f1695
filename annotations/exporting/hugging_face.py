"""A zip that `datasets.load_dataset(FOLDER)` reads once unpacked: parquet files and a card.

It is streamed as it is made, row group by row group: nothing is kept on a disk, and little in memory.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from annotations.exporting.columns import PAYLOAD, column, meaning, type_of
from annotations.exporting.encoding import to_json
from annotations.exporting.report import counted
from annotations.exporting.rows import Export, Row
from annotations.exporting.zipping import StreamedZip
from tasks_app.fields.base import Field

_ROWS = 1000  # a row group
_SPLITS = {"train": ("", "train"), "test": ("test",)}
_ANSWERS = pa.list_(
    pa.struct(
        [
            ("annotator", pa.string()),
            ("value", pa.string()),
            ("seconds", pa.float64()),
            ("state", pa.string()),
        ]
    )
)


def write(export: Export) -> Iterator[bytes]:
    """Items pinned to the test split have a file of their own, all others are in train. The card comes last,
    because it tells how many there are."""
    archive = StreamedZip()
    counts: dict[str, int] = {}
    with export.moment():
        schema = _schema(export)
        for split, pinned in _SPLITS.items():
            groups = _groups(export.rows(pinned))
            first = next(groups, [])
            if not first and split != "train":
                continue
            counts[split] = 0
            with archive.member(f"data/{split}.parquet") as file, pq.ParquetWriter(file, schema) as writer:
                for group in _chain(first, groups):
                    writer.write_table(_table(group, schema))
                    counts[split] += len(group)
                    yield archive.made()
            yield archive.made()
    with archive.member("README.md") as file:
        file.write(_card(export, counts).encode())
    yield archive.finish()


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while group := list(islice(rows, _ROWS)):
        yield group


def _chain(first: list[Row], rest: Iterator[list[Row]]) -> Iterator[list[Row]]:
    yield first
    yield from rest


def _schema(export: Export) -> pa.Schema:
    columns = [("id", pa.string()), ("group", pa.string()), ("language", pa.string())]
    columns += [(kind, PAYLOAD[kind]) for kind in export.payload_kinds()]
    for field in export.fields:
        name = column(field.name)
        columns += [(name, type_of(field)), (f"{name}_confidence", pa.float64())]
    if export.which == "all":
        columns += [("states", pa.string()), ("answers", _ANSWERS)]
    return pa.schema(columns)


def _table(group: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """By way of JSON, whose reader is written in C++ and ten times as fast as building columns in Python."""
    if not group:
        return schema.empty_table()
    names = frozenset(schema.names)
    text = "\n".join(to_json(_record(row, names)) for row in group).encode()
    return pj.read_json(
        io.BytesIO(text),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    ).select(schema.names)


def _record(row: Row, names: frozenset[str]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": row.id, "group": row.group, "language": row.language, **row.payload}
    record |= {column(name): value for name, value in row.approved.items()}
    record |= {f"{column(name)}_confidence": sure for name, sure in row.confidence.items()}
    record["states"] = json.dumps(row.states)
    record["answers"] = [
        {"annotator": a.annotator, "value": to_json(a.value), "seconds": a.seconds, "state": a.state}
        for a in row.answers
    ]
    return {name: value for name, value in record.items() if name in names}


def _card(export: Export, counts: Mapping[str, int]) -> str:
    project = export.project
    files = "".join(f"  - split: {split}\n    path: data/{split}.parquet\n" for split in counts)
    languages = "".join(f"- {language}\n" for language in project.languages)
    head = f"---\npretty_name: {json.dumps(project.title, ensure_ascii=False)}\n"
    head += f"language:\n{languages}" if languages else ""
    head += f"license: {json.dumps(project.licence, ensure_ascii=False)}\n" if project.licence else ""
    head += f"configs:\n- config_name: default\n  data_files:\n{files}---\n"
    sizes = "\n".join(f"- `{split}`: {count} items" for split, count in counts.items())
    notes = _NOTES.format(
        policy=project.privacy_policy,
        source=project.data_source or "not stated",
        licence=project.licence or "by each row",
        basis=project.legal_basis or "by each row",
        left_out=counted(export),
    )
    return f"{head}\n# {project.title}\n\n{sizes}\n\n## Fields\n\n{_fields(export.fields)}\n{notes}"


def _fields(fields: Sequence[Field]) -> str:
    lines = []
    for field in fields:
        lines.append(f"- `{column(field.name)}` ({field.type}, per {field.scope}){meaning(field)}")
    return "\n".join(lines) + "\n"


_NOTES = """
Offsets are Unicode code points of the turn's text in NFC, the end exclusive. `FIELD_confidence` is the
posterior probability of the value under a model of every annotator's skill; 1.0 where a reviewer decided.
Personal data was treated before annotators saw the texts, as the project's privacy policy says
(`{policy}`). Annotators are pseudonymous.

Source: {source}. Licence: {licence}. Legal basis: {basis}. Left out: {left_out}.
"""
