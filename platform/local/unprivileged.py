"""PostgreSQL refuses to run as root: as root, it runs as a user without rights of its own."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

USER = "manyhands"


@dataclass(frozen=True)
class Account:
    """A system user, as `subprocess.Popen(user=..., group=..., extra_groups=[])` wants it."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """Whom PostgreSQL has to run as; None when we are not root and it simply runs as us."""
    if os.geteuid() != 0:
        return None
    entry = _entry(USER) or _make_user() or _entry("postgres") or _entry("nobody")
    if entry is None:
        raise LocalError(
            f"PostgreSQL does not run as root, and no user {USER} could be made. Run as another user."
        )
    return Account(entry.pw_uid, entry.pw_gid)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_user() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return None
    options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    subprocess.run([useradd, *options, USER], capture_output=True, check=False)  # a second starter may win
    return _entry(USER)


def run_as(
    account: Account | None, command: list[str], *, cwd: Path = Path("/")
) -> subprocess.CompletedProcess[str]:
    """Run to the end as the account. A program that it may not even reach gives the shell's code, 126."""
    try:
        if account is None:
            return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=cwd,
            user=account.uid, group=account.gid, extra_groups=[],
        )  # fmt: skip
    except PermissionError as error:
        return subprocess.CompletedProcess(command, 126, "", str(error))


def give(path: Path, account: Account | None) -> None:
    """Hand a folder to the account and let it reach it: search permission on the way there, nothing more."""
    if account is None:
        return
    os.chown(path, account.uid, account.gid)
    _let_pass(path.parent)


def let_read(folder: Path, account: Account | None) -> None:
    """Let the account run programs below `folder` (an installation made with a strict umask)."""
    if account is None:
        return
    _let_pass(folder)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _let_pass(folder: Path) -> None:
    for path in (folder, *folder.parents):
        _add_mode(path, stat.S_IXOTH)


def _add_mode(path: Path, wanted: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode | wanted != mode:
        path.chmod(mode | wanted)
