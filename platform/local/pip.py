"""Run pip with a progress display, and turn what it says when it fails into one message."""

import re
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.progress import Progress

OPTIONS = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
KEPT_LINES = 200
AGAIN = "Then run the same command again: it goes on where it stopped."
_SEEN = re.compile(r"^\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)")
_PROCESSING = re.compile(r"^\s*Processing \S*?([^/\s-]+)-[^/\s]+\.(?:whl|tar\.gz)")
_DOWNLOADING = re.compile(r"^\s*Downloading (\S+) (\(.*\))")
_MISSING = re.compile(r"No matching distribution found for (\S+)")
_NOT_BUILT = re.compile(
    r"Failed (?:to build|building wheel for)[^\w]*([\w.-]+)|Getting requirements to build"
)
# Most certain cause first: without a network pip also says that it found no matching distribution.
_MENDS = (
    (
        re.compile("No space left on device|Disk quota exceeded"),
        "the disk is full. Free about 4 GB, in the temporary folder as well.",
    ),
    (
        re.compile(
            "NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError|SSLError"
            "|Network is unreachable|Temporary failure in name resolution|Max retries exceeded"
        ),
        "the package index cannot be reached. Check the network and, if you need one, the proxy "
        "(HTTPS_PROXY), or point pip at a mirror or a folder of wheels (PIP_INDEX_URL, PIP_FIND_LINKS).",
    ),
    (
        re.compile(r"No matching distribution found for (\S+)"),
        "there is no wheel of {name} for this Python and machine. Use 64-bit Linux or macOS with Python 3.11 "
        "to 3.13, or put the wheel into a folder and set PIP_FIND_LINKS to that folder.",
    ),
    (
        re.compile("Permission denied"),
        "some files may not be written. Delete .venv if it belongs to another user.",
    ),
    (
        re.compile(r"Failed (?:to build|building wheel for)[^\w]*([\w.-]+)|Getting requirements to build"),
        "{name} has no ready-made wheel here and could not be built. Install a C compiler and Python's "
        "headers (Debian: apt-get install build-essential python3-dev).",
    ),
)


@dataclass(frozen=True)
class Pip:
    """`folder` is where lists for pip and its log are written."""

    python: Path
    folder: Path
    progress: Progress

    def install(self, what: str, lines: Sequence[str], constraints: Sequence[str] = ()) -> None:
        """Install exactly these lines; with constraints, what they depend on as well. Raises LocalError."""
        wanted = self._list("wanted.txt", lines)
        if constraints:
            options = ["-r", str(wanted), "-c", str(self._list("constraints.txt", constraints))]
        else:
            options = ["--no-deps", "-r", str(wanted)]
        self.progress.begin(f"Installing {what}", total=0 if constraints else len(lines))
        self._run([str(self.python), "-u", "-m", "pip", "install", *OPTIONS, *options], what)

    def _list(self, name: str, lines: Sequence[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _run(self, command: list[str], what: str) -> None:
        said: deque[str] = deque(maxlen=KEPT_LINES)
        with (
            (self.folder / "install.log").open("a", encoding="utf-8") as log,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
            ) as process,
        ):
            for line in process.stdout or ():
                log.write(line)
                said.append(line)
                self._show(line)
        if process.returncode != 0:
            self.progress.end()
            raise LocalError(explain_failure("".join(said), f"install the {what}", self.folder))

    def _show(self, line: str) -> None:
        if seen := _SEEN.match(line):
            self.progress.step(seen[1])
        elif downloading := _DOWNLOADING.match(line):
            self.progress.note(f"{downloading[1].partition('-')[0]} {downloading[2]}")
        elif opened := _PROCESSING.match(line):
            self.progress.note(opened[1])
        elif line.startswith("Installing collected packages"):
            self.progress.note("unpacking")


def explain_failure(said: str, what: str, folder: Path | None = None) -> str:
    """One message for what stopped an installation, most certain cause first."""
    for sign, mend in _MENDS:
        if found := sign.search(said):
            name = next(filter(None, found.groups()), "a package")
            return f"Could not {what}: {mend.format(name=name)} {AGAIN}"
    tail = "\n".join(f"    {line}" for line in said.strip().splitlines()[-8:])
    log = f"\nEverything it said: {folder / 'install.log'}" if folder else ""
    return f"Could not {what}. It says:\n{tail}{log}"
