"""RUN_DIR: what the engine finds when it starts."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.engine.config import FitConfig
from training.freezing import file_sha256
from training.models import Run, Snapshot, SnapshotItem
from training.recipes import build_config


class Unusable(Exception):
    """The run cannot begin; the message is the reason shown on its page."""


def config_of(run: Run, snapshot: Snapshot, recipe: Mapping[str, Any] | None = None) -> FitConfig:
    """The whole recipe, the run's own unless named, with the field as it was when the snapshot was frozen."""
    field = next((entry for entry in snapshot.fields if entry["name"] == run.field), None)
    if field is None:
        raise Unusable(f"The snapshot holds no field {run.field!r}.")
    return build_config(field, run.recipe if recipe is None else recipe)


def prepare(
    run: Run, snapshot: Snapshot, *, folder: Path | None = None, recipe: Mapping[str, Any] | None = None,
    splits: Sequence[str] = SnapshotItem.Split.values,
) -> Path:  # fmt: skip
    """Make RUN_DIR, or find it as an earlier attempt left it: the same run gets the same bytes again.

    Raises Unusable where an erasure has withdrawn the snapshot since.
    """
    refuse_withdrawn(snapshot)
    folder = folder or run.folder
    folder.mkdir(parents=True, exist_ok=True)
    whole = config_of(run, snapshot, recipe).to_json()
    config = json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True)
    draft = folder / ".config.json.draft"
    draft.write_text(config, encoding="utf-8")
    draft.replace(folder / "config.json")
    for split in splits:
        _bring(snapshot, f"{run.field}/{split}.arrow", folder / f"{split}.arrow")
    return folder


def refuse_withdrawn(snapshot: Snapshot) -> None:
    """Asks the database: the snapshot may have been withdrawn since it was read."""
    if Snapshot.objects.filter(pk=snapshot.pk, withdrawn_at__isnull=False).exists():
        raise Unusable(f"Snapshot {snapshot.number} was withdrawn by an erasure. Freeze a new one.")


def _bring(snapshot: Snapshot, name: str, target: Path) -> None:
    """Link (or copy) one file of the snapshot, and check that it holds what was frozen."""
    expected = snapshot.files.get(name)
    if target.exists() and file_sha256(target) == expected:
        return
    source = snapshot.folder / name
    if not source.exists():
        raise Unusable(f"A file of snapshot {snapshot.number} is missing: {name}.")
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
    if file_sha256(target) != expected:
        raise Unusable(f"A file of snapshot {snapshot.number} is not what was frozen: {name}.")
