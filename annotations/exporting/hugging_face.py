"""A zip that `datasets.load_dataset(FOLDER)` reads once unpacked: parquet files and a card."""

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotations.exporting.columns import PAYLOAD, column, meaning, type_of
from annotations.exporting.rows import Export, Row
from tasks_app.fields.base import Field

_ROWS = 1000
_CHUNK = 1 << 20
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
    """The zip is made in a temporary folder, row group by row group, and streamed from there."""
    with tempfile.TemporaryDirectory(prefix="manyhands-export-") as name:
        archive = _archive(export, Path(name))
        with archive.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


def _archive(export: Export, folder: Path) -> Path:
    schema = _schema(export)
    counts = _write_parquet(export, schema, folder)
    archive = folder / "export.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        bundle.writestr("README.md", _card(export, counts))
        for split in counts:
            bundle.write(folder / f"{split}.parquet", f"data/{split}.parquet")
            os.unlink(folder / f"{split}.parquet")
    return archive


def _schema(export: Export) -> pa.Schema:
    columns = [("id", pa.string()), ("group", pa.string()), ("language", pa.string())]
    columns += [(kind, PAYLOAD[kind]) for kind in export.payload_kinds()]
    for field in export.fields:
        name = column(field.name)
        columns += [(name, type_of(field)), (f"{name}_confidence", pa.float64())]
    if export.which == "all":
        columns += [("states", pa.string()), ("answers", _ANSWERS)]
    return pa.schema(columns)


def _write_parquet(export: Export, schema: pa.Schema, folder: Path) -> dict[str, int]:
    """Split -> rows. Items pinned to the test split go to a file of their own, all others to train."""
    counts: dict[str, int] = {"train": 0}
    waiting: dict[str, list[dict[str, Any]]] = {"train": []}
    with ExitStack() as stack:
        writers: dict[str, pq.ParquetWriter] = {}

        def flush(split: str) -> None:
            if split not in writers:
                writers[split] = stack.enter_context(pq.ParquetWriter(folder / f"{split}.parquet", schema))
            writers[split].write_table(pa.Table.from_pylist(waiting[split], schema=schema))
            waiting[split].clear()

        for row in export.rows():
            split = "test" if row.split == "test" else "train"
            waiting.setdefault(split, []).append(_record(row, schema))
            counts[split] = counts.get(split, 0) + 1
            if len(waiting[split]) == _ROWS:
                flush(split)
        for split in counts:
            flush(split)
    return counts


def _record(row: Row, schema: pa.Schema) -> dict[str, Any]:
    record: dict[str, Any] = {"id": row.id, "group": row.group, "language": row.language, **row.payload}
    record |= {column(name): value for name, value in row.approved.items()}
    record |= {f"{column(name)}_confidence": sure for name, sure in row.confidence.items()}
    record["states"] = json.dumps(row.states)
    record["answers"] = [
        {
            "annotator": a.annotator,
            "value": json.dumps(a.value, ensure_ascii=False),
            "seconds": a.seconds,
            "state": a.state,
        }
        for a in row.answers
    ]
    return {name: record.get(name) for name in schema.names}


def _card(export: Export, counts: Mapping[str, int]) -> str:
    project = export.project
    files = "".join(f"  - split: {split}\n    path: data/{split}.parquet\n" for split in counts)
    languages = "".join(f"- {language}\n" for language in project.languages)
    head = f"---\npretty_name: {json.dumps(project.title, ensure_ascii=False)}\n"
    head += f"language:\n{languages}" if languages else ""
    head += f"configs:\n- config_name: default\n  data_files:\n{files}---\n"
    sizes = "\n".join(f"- `{split}`: {count} items" for split, count in counts.items())
    notes = _NOTES.format(policy=project.privacy_policy)
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
"""
