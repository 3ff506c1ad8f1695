"""The four processes of one installation, and the environment they share with each other."""

import os
import signal
import socket
import sys
from collections.abc import Mapping

from local.data_dir import DataDir
from local.entry import ROOT
from local.keys import key_files
from local.services import ServiceUrls
from local.supervisor import Program

WEB_PROCESSES = 2
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104


def site_url(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    shown = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def shared_environment(
    home: DataDir, urls: ServiceUrls, *, host: str, port: int, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Every variable of the processes. What the person set already is left as it is."""
    defaults = {
        "ALLOWED_HOSTS": ",".join(allowed_hosts(host)),
        "SITE_URL": site_url(host, port),
        "HF_HUB_OFFLINE": "1",
        # Threads of a model that spin while they wait take the cores from everything else on this machine.
        "GOMP_SPINCOUNT": "1000",
        "TOKENIZERS_PARALLELISM": "false",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return {
        **defaults,
        **environ,
        **urls.environment(),
        **key_files(home, environ),
        "DATA_DIR": str(home.root),
        "PYTHONUNBUFFERED": "1",
    }


def allowed_hosts(host: str) -> list[str]:
    """Names that a browser may use for us; with --host 0.0.0.0 also this machine's own names."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in EVERYWHERE:
        own = socket.gethostname()
        names += [own, socket.getfqdn(), *_addresses(own)]
    else:
        names.append(f"[{host}]" if ":" in host else host)
    return list(dict.fromkeys(names))


def _addresses(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, family=socket.AF_INET)
    except OSError:
        return []
    return [str(entry[4][0]) for entry in found]


def web(*listeners: socket.socket) -> Program:
    """The web server on sockets that are ours already: the port is taken before anything else is begun, and
    while the server starts again, browsers wait in their queues instead of being refused."""
    descriptors = tuple(listener.fileno() for listener in listeners)
    return Program(
        name="web",
        command=[
            sys.executable, "-m", "config.serve", f"--processes={WEB_PROCESSES}",
            *(f"--fd={descriptor}" for descriptor in descriptors),
        ],
        stop_signals=(signal.SIGTERM, signal.SIGINT),
        pass_fds=descriptors,
    )  # fmt: skip


def background() -> list[Program]:
    """Worker, trainer and beat."""
    return [
        _worker("worker", "--concurrency=2", queues="default,predict"),
        # A fresh child for each run gives all memory back, the accelerator's too.
        # It takes as many runs at once as there are cards; without one, one.
        _worker("trainer", "--max-tasks-per-child=1", queues="train"),
        Program("beat", [*_celery("beat"), "--loglevel=WARNING"]),
    ]


def _worker(name: str, *more: str, queues: str) -> Program:
    options = [f"--queues={queues}", f"--hostname={name}@%h", *more]
    return Program(
        name=name,
        command=[
            *_celery("worker"),
            *options,
            "--prefetch-multiplier=1",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=WARNING",
        ],  # fmt: skip
        # Warm: finish what runs. Cold: give it back to the queue.
        stop_signals=(signal.SIGTERM, signal.SIGQUIT),
        death_signal=signal.SIGQUIT,
        steps_back=True,
    )


def _celery(command: str) -> list[str]:
    # Said to root at every start, although nothing it warns of (pickle) is switched on here.
    quiet = ["-W", "ignore:You're running the worker with superuser"]
    return [sys.executable, *quiet, "-m", "celery", "--app=config", "--quiet", f"--workdir={ROOT}", command]
