"""Files that held erased data: removed once the erasure is committed, or by the sweep if in use."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from training import engine_process
from training.models import FilesToClear, Snapshot

Kind = FilesToClear.Kind
_PATIENCE = 15.0  # seconds for an engine that is at work in the folder to stop
_KEPT = {"model"}
TOKENS = "tokens"


def clear_on_commit(wanted: Iterable[tuple[str, Path]]) -> None:
    """A row for each folder, in order; whatever kills us before it is done, the sweep finds the row."""
    root = settings.ARTIFACTS_DIR
    rows = [FilesToClear(kind=kind, path=str(path.relative_to(root))) for kind, path in wanted]
    if not rows:
        return
    # What was tokenized is the texts in another spelling; made again when it is needed.
    rows.append(FilesToClear(kind=Kind.TOKENS, path=TOKENS))
    FilesToClear.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["path"], update_fields=["kind", "wanted_at"]
    )
    transaction.on_commit(clear_waiting)


def clear_waiting() -> int:
    """Clear what can be cleared now; returns how many folders are left."""
    for row in FilesToClear.objects.order_by("pk"):
        if _clear(row.kind, settings.ARTIFACTS_DIR / row.path):
            FilesToClear.objects.filter(pk=row.pk, wanted_at=row.wanted_at).delete()
    return FilesToClear.objects.count()


def _clear(kind: str, folder: Path) -> bool:
    if kind == Kind.SNAPSHOT:
        _clear_outcomes(folder)
        return _gone(folder)
    if kind == Kind.RUN:
        return _clear_run(folder)
    return _gone(folder)


def _clear_run(folder: Path) -> bool:
    """All but the model: rows, journal, log, checkpoints, what came of each test item, trials, seeds."""
    if not folder.exists():
        return True
    if not engine_process.wait_until_free(folder, seconds=_PATIENCE, tick=lambda: None):
        return False
    there = [_gone(path) for path in folder.iterdir() if path.name not in _KEPT]
    return all(there)


def _clear_outcomes(folder: Path) -> None:
    """What became of its test items when other versions were asked about them; named by the file's hash."""
    snapshot = Snapshot.objects.filter(pk=UUID(folder.name)).first()
    for sha256 in snapshot.files.values() if snapshot else ():
        for path in (settings.ARTIFACTS_DIR / "outcomes").glob(f"{sha256}-*"):
            path.unlink(missing_ok=True)


def _gone(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()
