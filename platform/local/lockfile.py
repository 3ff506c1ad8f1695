"""requirements.lock: exact versions in two parts, for running and for testing. Standard library only."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

TOOLS_HEADING = "# --- test tools"


@dataclass(frozen=True)
class LockFile:
    """Requirement lines such as `django==5.2.1`, maybe with a marker."""

    run: tuple[str, ...]
    tools: tuple[str, ...]

    @property
    def torch(self) -> str | None:
        return next((line for line in self.run if line.startswith("torch==")), None)

    def hashes(self, *, tools: bool) -> dict[str, str]:
        """What `.venv` remembers of each part."""
        parts = {"run": self.run, **({"tools": self.tools} if tools else {})}
        return {name: hashlib.sha256("\n".join(lines).encode()).hexdigest() for name, lines in parts.items()}


def read_lock(path: Path) -> LockFile:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LocalError(f"{path} cannot be read ({error.strerror}). Is this a complete checkout?") from None
    run, _, tools = text.partition(TOOLS_HEADING)
    return LockFile(run=_lines(run), tools=_lines(tools))


def _lines(text: str) -> tuple[str, ...]:
    stripped = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in stripped if line)
