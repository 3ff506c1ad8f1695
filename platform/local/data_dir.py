"""Where everything of one installation lies, and where its sockets are."""

import errno
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the final zero included.
LONGEST_SOCKET_PATH = 100
LONGEST_SOCKET_NAME = "postgres/.s.PGSQL.5432.lock"
FOLDERS = ("logs", "run", "secrets")


@dataclass(frozen=True)
class DataDir:
    """One folder with the database, queue, secrets, logs and artifacts. `root` is absolute."""

    root: Path

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> "DataDir":
        return cls(Path(path).expanduser().resolve())

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Lock files; sockets too, unless the path is too long for them."""
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def sockets(self) -> Path:
        """`root`/run, or a short folder in /tmp named after `root` when a socket's path would be too long."""
        if len(os.fsencode(self.run / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return self.run
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path("/tmp") / f"manyhands-{os.getuid()}-{digest}"  # noqa: S108  (owner and mode are checked)

    def create(self) -> None:
        """Make the folders. Raises LocalError when the disk is full or the place is not writable."""
        try:
            for name in FOLDERS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
            self.secrets.chmod(0o700)
            if self.sockets != self.run:
                self._create_short_sockets()
            with tempfile.TemporaryFile(dir=self.run) as probe:
                probe.write(bytes(4096))
        except OSError as error:
            raise LocalError(explain_os_error(error, self.root)) from None

    def _create_short_sockets(self) -> None:
        """Nobody else may have put a folder of this name into /tmp before us."""
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        status = self.sockets.lstat()
        if self.sockets.is_symlink() or status.st_uid != os.getuid():
            raise LocalError(f"{self.sockets} belongs to somebody else. Choose a shorter --data-dir.")
        (self.sockets / "data-dir").write_text(f"{self.root}\n", encoding="utf-8")


def explain_os_error(error: OSError, path: Path) -> str:
    """One sentence for what an operating system refuses when a file is written under `path`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return (
            f"The disk that holds {path} is full. Free some space, or choose another place with --data-dir."
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{path} is not writable ({error.strerror}). Choose another place with --data-dir."
    return f"{path} cannot be used: {error.strerror or error}. Choose another place with --data-dir."
