"""What an application ships: its rows imported, and tiny models that have seen a few of them."""

import json
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from applications.kinds import Kind
from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import template
from tasks_app.importing import job as work
from tasks_app.models import Project
from tasks_app.services.imports import start_import
from tests.applications.conftest import finish
from tests.training.conftest import QUICK
from training.engine.data import Row, write_arrow
from training.engine.fit import fit
from training.models import Run
from training.services.registry import promote_version
from training.services.snapshots import freeze_snapshot


def train_tiny(
    kind: Kind, *, content: str, sizes: tuple[int, int, int], encoder: Path, folder: Callable[[str], Path]
) -> dict[str, Path]:
    """A run folder for each field of the template, of a model that has seen a few shipped rows.

    `content`: where a row's payload is ("text" or "turns"); `sizes`: of train, dev and test.
    """
    train, dev, test = sizes
    rows = [json.loads(line) for line in kind.data[0].read_text().splitlines()]
    known = [row for row in rows if "approved" in row][: train + dev + test]
    parts = {"train": known[:train], "dev": known[train : train + dev], "test": known[train + dev :]}
    folders = {}
    for shape in (one.to_json() for one in parse_fields(template(kind.template).fields)):
        name = shape["name"]
        folders[name] = folder(name)
        config = {**QUICK, "head": shape["type"], "field": shape, "base_model": str(encoder), "epochs": 1}
        (folders[name] / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, part in parts.items():
            write_arrow(folders[name] / f"{split}.arrow", [
                Row(id=row["id"], payload={content: row[content]}, value=row["approved"][name])
                for row in part
            ])  # fmt: skip
        assert fit(folders[name]) == 0
    return folders


def import_shipped(project: Project, kind: Kind) -> None:
    job = start_import(
        project=project, actor=project.owner, chunks=[kind.data[0].read_bytes()], format="jsonl",
        options={"keep_duplicates": True},
    )  # fmt: skip
    work.run(job.pk)


def teach(project: Project, kind: Kind, folders: dict[str, Path]) -> None:
    """From approved items to models in production, without the training."""
    snapshot, _new = freeze_snapshot(project=project, actor=project.owner)
    for name, folder in folders.items():
        run = Run.objects.create(
            project=project, number=project.runs.count() + 1, field=name, snapshot=snapshot, state="queued",
            queued_at=timezone.now(),
        )  # fmt: skip
        version = finish(run, folder)
        promote_version(version=version, actor=project.owner, override=True, reason="a test")
    kind.prepare(project)
