"""`manage.py lock`: write requirements.lock from what `.venv` holds now.

To raise a version: `.venv/bin/pip install -U NAME`, run the tests, then `python3 manage.py lock`.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from local.entry import ROOT
from local.errors import LocalError
from local.lockfile import TOOLS_HEADING

# Needed by other supported Pythons and machines than the one that writes the lock.
ELSEWHERE = {"async-timeout": '5.0.1; python_full_version < "3.11.3"'}
HEADING = """\
# Exact versions of everything Manyhands runs on; `manage.py` installs them into .venv.
# Written by `python3 manage.py lock` from what .venv holds: do not edit.
# torch is named without a build: which one it becomes (CPU, CUDA) is up to the machine's package index.
"""


def main(arguments: list[str]) -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = closure(project["dependencies"])
    tools = closure(project["optional-dependencies"]["test"])
    lines = [*pins(run), *(f"{name}=={rest}" for name, rest in ELSEWHERE.items())]
    text = HEADING + "\n".join(sorted(lines)) + f"\n\n{TOOLS_HEADING}\n" + "\n".join(pins(tools - run)) + "\n"
    (ROOT / "requirements.lock").write_text(text, encoding="utf-8")
    print(
        f"requirements.lock: {len(lines)} packages to run, {len(tools - run)} more to test.", file=sys.stderr
    )
    return 0


def closure(requirements: Iterable[str]) -> set[str]:
    """Everything these need here, and what that needs. Raises LocalError for what is missing."""
    found: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted in {"", *requirement.extras}:
            if (name, wanted) not in found:
                found.add((name, wanted))
                waiting.extend((needed, wanted) for needed in _needs(name))
    return {name for name, _ in found if not name.startswith(("nvidia-", "cuda-", "triton"))}


def _needs(name: str) -> Iterator[Requirement]:
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        raise LocalError(f"{name} is not installed. Run `.venv/bin/pip install {name}` first.") from None
    return map(Requirement, lines)


def pins(names: Iterable[str]) -> list[str]:
    return [f"{name}=={_public(distribution(name).version)}" for name in sorted(names)]


def _public(version: str) -> str:
    return Version(version).public
