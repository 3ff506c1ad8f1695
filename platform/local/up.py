"""`manage.py up`: everything on this machine with one command, and the demo loop on the first run."""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.listening import queues
from local.data_dir import DataDir
from local.entry import ROOT
from local.errors import LocalError
from local.locks import FileLock
from local.port import listen
from local.postgres import explain_log
from local.prepare import has_projects, prepare
from local.programs import WEB_PROCESSES, background, shared_environment, site_url, web
from local.services import services
from local.supervisor import Supervisor, wait_for

if TYPE_CHECKING:
    from local.demo.report import Step

READY_SECONDS = 120.0
MOST_WEB_STARTS = 3
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    with (
        contextlib.closing(listen(options.host, options.port)) as listener,
        queues(listener, WEB_PROCESSES) as listeners,
        data_dir(options) as home,
        only_one(home, site_url(options.host, options.port)),
    ):
        print(f"Starting PostgreSQL and Redis in {home.root} ...", flush=True)
        with services(home.root) as urls:
            environ = shared_environment(home, urls, host=options.host, port=options.port)
            if steps := prepare(home, environ):
                print(f"Prepared: {', '.join(steps)}.", flush=True)
            return serve(options, home, environ, listeners)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start everything here and serve it.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    parser.add_argument("--data-dir", type=Path, help="default: var; with --once a temporary folder")
    parser.add_argument("--empty", action="store_true", help="play no demo")
    parser.add_argument("--once", action="store_true", help="play the demo, print its report, stop")
    parser.add_argument("--dialogues", type=Path, metavar="FILE", help="JSON Lines instead of the sample")
    parser.add_argument("--quick", action="store_true", help="a smaller demo")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write the demo's report as JSON")
    options = parser.parse_args(arguments)
    if options.once and options.empty:
        parser.error("--once plays the demo, --empty plays none: choose one")
    for path in filter(None, [options.dialogues]):
        if not path.is_file():
            parser.error(f"there is no file {path}")
    return options


@contextlib.contextmanager
def data_dir(options: argparse.Namespace) -> Iterator[DataDir]:
    """Where this run keeps its data. A demo that is played only once leaves nothing behind."""
    if options.data_dir or not options.once:
        yield DataDir.at(options.data_dir or os.environ.get("DATA_DIR") or ROOT / "var")
        return
    folder = tempfile.mkdtemp(prefix="manyhands-once-")
    try:
        yield DataDir.at(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def only_one(home: DataDir, url: str) -> Iterator[None]:
    """Two schedulers over one database would do everything twice. Raises LocalError when one runs already."""
    home.create()
    note = home.run / "up"
    lock = FileLock(note)
    try:
        if not lock.take(wait=False):
            where = note.read_text(encoding="utf-8").strip()
            raise LocalError(
                f"`up` is running for {home.root} already: {where}. Stop it, or use another --data-dir."
            )
        note.write_text(f"{url}\n", encoding="utf-8")
        yield
        lock.release()
    finally:
        lock.close()


def serve(
    options: argparse.Namespace,
    home: DataDir,
    environ: Mapping[str, str],
    listeners: Sequence[socket.socket],
) -> int:
    supervisor = Supervisor(environ)
    story = Story(options, home, environ, supervisor)
    supervisor.add(web(*listeners))
    threading.Thread(target=story.tell, name="story", daemon=True).start()
    code = supervisor.run()
    return INTERRUPTED if options.once and not story.told else code


@dataclass
class Story:
    """What happens beside the supervisor: wait for the web server, start the rest, play the demo."""

    options: argparse.Namespace
    home: DataDir
    environ: Mapping[str, str]
    supervisor: Supervisor
    told: bool = False

    def tell(self) -> None:
        """Runs in a thread of its own, so whatever goes wrong is said here and ends the command."""
        try:
            code = self._tell()
        except LocalError as error:
            self.supervisor.say(str(error))
            code = 1
        except Exception:
            if not self.supervisor.stopping:
                self.supervisor.say(f"The demo broke off:\n{traceback.format_exc()}")
            code = 1
        if code is not None:
            self.told = not self.supervisor.stopping
            self.supervisor.request_stop(code)

    def _tell(self) -> int | None:
        """The exit code when the command shall end now, None when it shall serve on."""
        url = site_url(self.options.host, self.options.port)
        if not wait_for(lambda: is_ready(url), seconds=READY_SECONDS, give_up=self._hopeless):
            if self.supervisor.stopping:
                return None
            raise LocalError(f"The web server does not become ready ({url}/readyz). Its messages are above.")
        self.supervisor.add(*background())
        self._say_where(url)
        if not self._demo_is_due():
            return None
        ok = self._play(url)
        return (0 if ok else 1) if self.options.once else None

    def _say_where(self, url: str) -> None:
        self.supervisor.say(f"Six applications to set up with one click: {url}/applications/")
        self.supervisor.say(f"Serving {url} (Ctrl-C stops everything)")

    def _hopeless(self) -> bool:
        return self.supervisor.stopping or self.supervisor.ends("web") >= MOST_WEB_STARTS

    @property
    def _playing(self) -> Path:
        """There while a demo plays: one that was cut off is played again by the next run."""
        return self.home.run / "demo-is-playing"

    def _demo_is_due(self) -> bool:
        if self.options.once:
            return True
        if self.options.empty:
            return False
        return self._playing.exists() or not has_projects(self.environ["DATABASE_URL"])

    def _play(self, url: str) -> bool:
        # Brings httpx, rich and more, which only the first run needs.
        from local.demo import loop, people, report  # noqa: PLC0415

        self._playing.touch()
        told = loop.play(
            base_url=url,
            people=people.DemoPeople.from_json(create_people(self.environ)),
            quick=self.options.quick,
            dialogues=self.options.dialogues,
            leave_work=not self.options.once,
            on_step=self._tell_step,
        )
        if self.supervisor.stopping:
            return False  # it failed because everything is being stopped: there is nothing to report
        self._playing.unlink(missing_ok=True)
        report.print_report(told)
        if self.options.report:
            text = json.dumps(told.to_json(), indent=2, ensure_ascii=False)
            self.options.report.write_text(f"{text}\n", encoding="utf-8")
        if not self.options.once:
            self._say_where(url)
        return told.ok

    def _tell_step(self, step: "Step") -> None:
        if step.state == "running":
            self.supervisor.say(f"demo: {step.name} ...")
        else:
            detail = f": {step.detail}" if step.detail else ""
            self.supervisor.say(f"demo: {step.name} {step.state} after {step.seconds:.1f} s{detail}")


def create_people(environ: Mapping[str, str]) -> Any:
    """The demo's accounts with new random passwords."""
    made = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "create_demo_users", "--json"],
        env={**environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        raise LocalError(explain_log("Could not make the demo's accounts", made.stderr))
    return json.loads(made.stdout)


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310  (our own http URL)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
