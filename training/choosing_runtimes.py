"""Measuring, once for each version, what computes it fastest on this machine and says the same."""

import json
import subprocess
import tempfile
from pathlib import Path
from uuid import UUID

from django.conf import settings

from training import background, engine_process
from training.engine.errors import EngineError
from training.models import ModelVersion, ServingRuntime

SECONDS, TICK = 900.0, 10.0
# A generator's answers take seconds each, and nothing here would make them faster.
_NOT_MEASURED = {"text"}


def ask_for_missing() -> None:
    """A wish for each version that may be asked and was not measured yet."""
    stages = (ModelVersion.Stage.PRODUCTION, ModelVersion.Stage.CANDIDATE)
    missing = ModelVersion.objects.filter(stage__in=stages, runtime=None).exclude(
        model__head__in=_NOT_MEASURED
    )
    wishes = [ServingRuntime(version_id=pk) for pk in missing.values_list("pk", flat=True)[:20]]
    ServingRuntime.objects.bulk_create(wishes, ignore_conflicts=True)


def execute(version_id: UUID) -> None:
    wish = background.claim(ServingRuntime, version_id)
    if wish is None:
        return
    with background.ending(wish, EngineError, OSError):
        _measure(wish)
        choice = (wish.version.folder / "runtime" / "choice.json").read_text(encoding="utf-8")
        background.update(wish, state=background.State.DONE, claim=None, choice=json.loads(choice))


def _measure(wish: ServingRuntime) -> None:
    """In a process of its own: an export takes memory, and may fail in ways that end a process."""
    version = wish.version
    # A choice is made on dev rows: on the test items nothing is chosen, not even without their labels.
    data = version.snapshot.folder / version.run.field / "dev.arrow"
    options = [f"--threads={settings.SERVING_THREADS}", *(["--int8"] if wish.int8 else [])]
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "log")
        process = engine_process.start(["runtime", str(version.folder), str(data), *options], log=log)
        try:
            for _ in range(int(SECONDS / TICK)):
                try:
                    code = process.wait(timeout=TICK)
                    break
                except subprocess.TimeoutExpired:
                    background.update(wish)
            else:
                raise EngineError("Measuring took too long.")
        finally:
            engine_process.end(process)
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if code:
            raise EngineError(said[-1] if said else f"The engine ended with {code}.")
