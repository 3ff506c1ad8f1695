"""Make `.venv` and install the exact versions of requirements.lock into it, once; standard library only.

What may go wrong on somebody's machine is said in one message with the mend. A run that was cut off is taken
up again by the next one. Two processes that start together do not disturb each other.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.lockfile import LockFile, read_lock
from local.locks import FileLock
from local.pip import Pip, explain_failure
from local.progress import Progress

OLDEST_PYTHON = (3, 11)
NEEDED_GB = 3.5
PATH_FILE = "manyhands.pth"


@dataclass(frozen=True)
class Environment:
    """The virtual environment of the checkout at `root`."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """Written last: says which lock is completely installed."""
        return self.folder / "manyhands.json"

    @property
    def site_packages(self) -> Path | None:
        return next(iter(self.folder.glob("lib/python3*/site-packages")), None)

    def installed(self) -> dict[str, str]:
        try:
            content: dict[str, str] = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content

    def is_ready(self, lock: LockFile, *, tools: bool) -> bool:
        wanted = lock.hashes(tools=tools)
        return self.python.exists() and wanted.items() <= self.installed().items() and self.has_sources()

    def has_sources(self) -> bool:
        """Whether the checkout is importable, at the place where it lies now."""
        path_file = self.site_packages and self.site_packages / PATH_FILE
        return bool(
            path_file and path_file.exists() and path_file.read_text(encoding="utf-8") == self.sources
        )

    @property
    def sources(self) -> str:
        return f"{self.root}\n{self.root / 'platform'}\n"


def ensure(environment: Environment, *, tools: bool = False) -> Path:
    """The Python to run with: everything of the lock is installed there. Raises LocalError."""
    lock = read_lock(environment.root / "requirements.lock")
    if environment.is_ready(lock, tools=tools):
        return environment.python
    guard = FileLock(environment.root)
    try:
        if not guard.take(wait=False):
            print("Another process is installing. Waiting for it ...", file=sys.stderr, flush=True)
            guard.take()
        if not environment.is_ready(lock, tools=tools):
            install(environment, lock, tools=tools)
        guard.release()
    finally:
        guard.close()
    return environment.python


def install(environment: Environment, lock: LockFile, *, tools: bool) -> None:
    """Bring `.venv` to the state of the lock, from whatever state it is in."""
    progress = Progress(sys.stderr)
    _make_venv(environment, progress)
    _drop_half_installed(environment)
    pip = Pip(environment.python, environment.folder, progress)
    if lock.torch:
        # First and alone, with its own dependencies: which ones it has depends on the build (CPU, CUDA,
        # macOS) that the package index offers, and others that depend on it could pull in another build.
        pip.install("PyTorch", [lock.torch], constraints=lock.run)
    pip.install("packages", lock.run)
    if tools:
        pip.install("test tools", lock.tools)
    _add_sources(environment)
    hashes = environment.installed() | lock.hashes(tools=tools)
    environment.stamp.write_text(json.dumps(hashes), encoding="utf-8")
    progress.finish("Installed.")


def _make_venv(environment: Environment, progress: Progress) -> None:
    if _works(environment):
        return
    _check_disk(environment)
    progress.begin(f"Making {environment.folder}")
    command = [sys.executable, "-m", "venv", "--clear", str(environment.folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    said = made.stdout + made.stderr
    if made.returncode == 0:
        return
    if "ensurepip" in said or "No module named venv" in said:
        raise LocalError(
            "This Python has no venv module, which is needed to install anything. On Debian or Ubuntu:\n"
            f"    apt-get install python3.{sys.version_info.minor}-venv\nThen run the same command again."
        )
    raise LocalError(explain_failure(said, f"make {environment.folder}"))


def _works(environment: Environment) -> bool:
    """Whether `.venv` has a Python that is new enough, runs (its base may be gone) and has pip."""
    if not environment.python.exists():
        return False
    probe = "import pip, sys; print(*sys.version_info[:2])"
    ran = subprocess.run([environment.python, "-c", probe], capture_output=True, text=True, check=False)
    return ran.returncode == 0 and tuple(map(int, ran.stdout.split())) >= OLDEST_PYTHON


def _check_disk(environment: Environment) -> None:
    free = shutil.disk_usage(environment.root).free / 1e9
    if free < NEEDED_GB:
        raise LocalError(
            f"The disk that holds {environment.root} is too full: the installation needs about "
            f"{NEEDED_GB} GB and {free:.1f} GB are free. Free some space and run the same command again."
        )


def _drop_half_installed(environment: Environment) -> None:
    """pip writes RECORD last, and takes a package for installed as soon as it has a dist-info folder."""
    for folder in environment.site_packages.glob("*.dist-info") if environment.site_packages else ():
        if not (folder / "RECORD").exists():
            shutil.rmtree(folder)


def _add_sources(environment: Environment) -> None:
    if environment.site_packages is None:
        raise LocalError(f"{environment.folder} is not complete. Delete it and run the same command again.")
    (environment.site_packages / PATH_FILE).write_text(environment.sources, encoding="utf-8")
