"""Every application set up with its shipped data: seconds to the first answer, and its figures.

One after another in an installation of its own, as a person would click through them on a quiet machine.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from local.bench.stack import Stack, stack
from local.entry import ROOT
from local.errors import LocalError

if TYPE_CHECKING:
    from local.bench.command import Settings

NAMES = (
    "customer-service", "education-grading", "finance-monitor", "health-triage", "recommendation",
    "social-content",
)  # fmt: skip
OWNER = "owner@bench.example"
MAKE_OWNER = """
from accounts.models import Role, User
from accounts.roles import grant
owner = User.objects.create_user(email="{owner}", password=None)
grant(owner, Role.REQUESTER); grant(owner, Role.ADMIN)
"""
LONGEST = 1800.0


def run(settings: "Settings") -> dict[str, Any]:
    names = settings.only.split(",") if settings.only else NAMES
    if unknown := [name for name in names if name not in NAMES]:
        raise LocalError(f"There is no application {unknown[0]!r}. There are: {', '.join(NAMES)}.")
    figures: dict[str, Any] = {}
    with TemporaryDirectory(prefix="mh-") as folder, stack(Path(folder)) as installation:
        make_owner(installation)
        for name in names:
            figures |= set_up(installation, name)
    return {"settings": {"applications": list(names)}, "figures": figures}


def make_owner(installation: Stack) -> None:
    manage(installation, "shell", "-c", MAKE_OWNER.format(owner=OWNER))


def set_up(installation: Stack, name: str) -> dict[str, Any]:
    print(f"{name} ...", file=sys.stderr)
    done = manage(installation, "start_application", name, "--owner", OWNER, "--follow")
    if done.returncode:
        return {f"{name}.failed": (done.stderr.strip().splitlines() or ["no reason given"])[-1]}
    said = json.loads(done.stdout.strip().splitlines()[-1])
    figures: dict[str, Any] = {f"{name}.seconds": round(said["seconds_to_first_answer"], 1)}
    for key, one in said["figures"].items():
        figures[f"{name}.{key}"] = round(one["value"], 4)
        if one["baseline"] is not None:
            figures[f"{name}.{key}.baseline"] = round(one["baseline"], 4)
    if said["reason"] or said["notes"]:
        figures[f"{name}.notes"] = "; ".join([*said["notes"], said["reason"]]).strip("; ")
    return figures


def manage(installation: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env={**installation.environ}, text=True,
        capture_output=True, timeout=LONGEST, check=False,
    )  # fmt: skip
