"""Where labels that come with imported items go. tasks_app knows no answers; the app that does registers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tasks_app.importing.lines import Labels
from tasks_app.models import Project, SchemaVersion


@dataclass(frozen=True)
class ImportedLabels:
    """What one imported item came labelled with, offsets already in its published text."""

    item_id: UUID
    payload: dict[str, Any]
    answers: list[Labels]
    approved: dict[str, Any] | None


LabelSink = Callable[[Project, SchemaVersion, Sequence[ImportedLabels]], None]
_sinks: list[LabelSink] = []


def register_label_sink(sink: LabelSink) -> None:
    """Call `sink` inside the transaction of each imported batch that carries labels."""
    if sink not in _sinks:
        _sinks.append(sink)


def store_labels(project: Project, schema_version: SchemaVersion, rows: Sequence[ImportedLabels]) -> None:
    for sink in _sinks:
        sink(project, schema_version, rows)
