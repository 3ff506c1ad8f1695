"""Erasing one of many people who occur in dialogues, and one annotator, with all that hangs on them."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.bench.command import Settings
from local.bench.stack import stack
from local.entry import ROOT
from local.errors import LocalError

SUBJECTS = 10_000
ANNOTATORS = 2_000
ANSWERS = 30  # of each annotator


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: seconds from the first lock to files gone, and what was found afterwards."""
    subjects, annotators = settings.subjects or SUBJECTS, settings.annotators or ANNOTATORS
    with (
        tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder,
        stack(Path(folder), workers=False) as site,
    ):
        done = subprocess.run(
            [sys.executable, "-m", "local.bench.erased", str(subjects), str(annotators), str(ANSWERS)],
            env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise LocalError(f"Nothing could be erased:\n{done.stderr[-2000:]}")
    return {
        "settings": {"subjects": subjects, "annotators": annotators, "answers": annotators * ANSWERS},
        "figures": json.loads(done.stdout),
    }
