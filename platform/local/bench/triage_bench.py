"""Health triage set up with its shipped data; then whether its promise holds, over many random splits."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from local.bench.applications_bench import MAKE_OWNER, OWNER, manage
from local.bench.stack import stack
from local.errors import LocalError

if TYPE_CHECKING:
    from local.bench.command import Settings

DRAWS = 200
# A part of some 300 items has to carry a promise for each of eight groups: more may go wrong than usual.
WRONG, UNDER_TRIAGE = 0.1, 0.02


def run(settings: "Settings") -> dict[str, Any]:
    draws = settings.draws or DRAWS
    with TemporaryDirectory(prefix="mh-") as folder, stack(Path(folder)) as installation:
        manage(installation, "shell", "-c", MAKE_OWNER.format(owner=OWNER))
        done = manage(installation, "start_application", "health-triage", "--owner", OWNER, "--follow")
        if done.returncode:
            raise LocalError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
        project = json.loads(done.stdout.strip().splitlines()[-1])["project"]
        told = manage(
            installation, "triage_coverage", project, f"--draws={draws}", f"--wrong={WRONG}",
            f"--under-triage={UNDER_TRIAGE}",
        )  # fmt: skip
        if told.returncode:
            raise LocalError((told.stderr.strip().splitlines() or ["no reason given"])[-1])
    report = json.loads(told.stdout.strip().splitlines()[-1])
    wanted = {"draws": draws, "wrong": WRONG, "under_triage": UNDER_TRIAGE, "items": report["items"]}
    return {"settings": wanted, "figures": _figures(report)}


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, part in report.items():
        if not isinstance(part, dict):
            continue
        for key, one in part["shares"].items():
            figures[f"{name}.{key}"] = round(one["mean"], 4)
        for key in ("draws", "refused", "abstains", "mean_groups", "mean_levels"):
            figures[f"{name}.{key}"] = round(part[key], 4)
    return figures
