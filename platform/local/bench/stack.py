"""A whole installation for one measurement: embedded servers, web server and, if wanted, the workers."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from common.listening import queues
from local.data_dir import DataDir
from local.entry import ROOT
from local.errors import LocalError
from local.port import listen
from local.prepare import prepare
from local.programs import WEB_PROCESSES, background, shared_environment, site_url, web
from local.services import ServiceUrls, services
from local.supervisor import Program, before_start, wait_for
from local.up import is_ready

HOST = "127.0.0.1"
READY_SECONDS = 120.0
STOP_SECONDS = 20.0
# The measurement brings its own servers and keys, whatever the terminal it is typed in has set.
NOT_INHERITED = {
    "DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY", "SECRET_KEY_FILE", "VAULT_KEY", "VAULT_KEY_FILE",
    "VAULT_KEYS_OLD", "VAULT_KEYS_OLD_FILE", "VAULT_KEYS_BACKUP",
    "ALLOWED_HOSTS", "DEBUG", "STATIC_ROOT", "ARTIFACTS_DIR",
}  # fmt: skip


@dataclass(frozen=True)
class Stack:
    home: DataDir
    urls: ServiceUrls
    url: str
    environ: Mapping[str, str]


@contextlib.contextmanager
def stack(folder: Path, *, workers: bool = True) -> Iterator[Stack]:
    """Serves on a free port while the block runs, as `up` does. Raises LocalError when it cannot start."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    home = DataDir.at(folder)
    home.create()
    with contextlib.ExitStack() as held:
        urls = held.enter_context(services(home.root, environ=inherited))
        listener = held.enter_context(contextlib.closing(listen(HOST, 0)))
        listeners = held.enter_context(queues(listener, WEB_PROCESSES))
        port = listener.getsockname()[1]
        environ = shared_environment(home, urls, host=HOST, port=port, environ=inherited)
        prepare(home, environ)
        for program in [web(*listeners), *(background() if workers else [])]:
            held.enter_context(running(program, environ, home.logs))
        url = site_url(HOST, port)
        if not wait_for(lambda: is_ready(url), seconds=READY_SECONDS, give_up=lambda: False):
            raise LocalError(f"The web server does not become ready. Its log: {home.logs / 'web.log'}")
        yield Stack(home, urls, url, environ)


@contextlib.contextmanager
def running(program: Program, environ: Mapping[str, str], logs: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One program, in the background, with its words in a file."""
    with (logs / f"{program.name}.log").open("ab") as log:
        process = subprocess.Popen(
            program.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env={**environ},
            pass_fds=program.pass_fds, start_new_session=True,
            preexec_fn=before_start(program),
        )  # fmt: skip
    try:
        yield process
    finally:
        stop(process, program)


def stop(process: "subprocess.Popen[bytes]", program: Program) -> None:
    for signum in (*program.stop_signals, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(signum)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started and left behind
