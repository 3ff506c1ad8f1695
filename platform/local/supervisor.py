"""Run several processes as one: prefixed logs, restarts with back-off, one clean end, no orphans."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, TextIO

from common.leaving import SUPERVISOR
from local.courtesy import step_back
from local.parent_death import dies_with_parent

COLOURS = (36, 33, 35, 32, 34, 31)
TICK_SECONDS = 0.2
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
# A process that ran this long before it ended begins with the shortest wait again.
HEALTHY_SECONDS = 30.0


@dataclass(frozen=True)
class Program:
    """One process to keep running. `stop_signals` are sent one after the other, each with some patience."""

    name: str
    command: Sequence[str]
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    # Sent by the kernel when the supervisor itself is killed: there is no second try then.
    death_signal: signal.Signals = signal.SIGTERM
    pass_fds: tuple[int, ...] = ()
    steps_back: bool = False  # when others need the processor


def before_start(program: Program) -> Callable[[], None]:
    """A `preexec_fn`: what a program's process does before it becomes the program."""
    tie = dies_with_parent(program.death_signal)

    def prepare() -> None:
        tie()
        if program.steps_back:
            step_back()

    return prepare


@dataclass
class Running:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = FIRST_WAIT
    restart_at: float = 0.0
    ends: int = 0
    signals_sent: int = 0
    rest: bytes = b""


@dataclass
class Supervisor:
    """`run` blocks in the main thread; `add` and `request_stop` may be called from any thread."""

    environ: Mapping[str, str]
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    # How long a process may take after each of its stop signals before the next, and then SIGKILL.
    patience: float = 10.0
    exit_code: int = 0
    stopping: bool = False

    def __post_init__(self) -> None:
        self._running: list[Running] = []
        self._waiting: list[Program] = []
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._colour = self.stream.isatty() and "NO_COLOR" not in os.environ

    def add(self, *programs: Program) -> None:
        """Start these as soon as `run` runs."""
        self._waiting.extend(programs)
        self._wake()

    def request_stop(self, exit_code: int = 0) -> None:
        """Stop everything; `run` then returns `exit_code`."""
        if not self.stopping:
            self.exit_code = exit_code
        self.stopping = True
        self._wake()

    def run(self) -> int:
        """Keep the programs running until asked to stop, by a call, SIGINT or SIGTERM."""
        previous = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            while not self.stopping:
                self._start_waiting()
                self._turn()
            self._stop_all()
        finally:
            self._kill_all()
            for number, handler in previous.items():
                signal.signal(number, handler)
            self._close()
        return self.exit_code

    def ends(self, name: str) -> int:
        """How often this program has ended by itself."""
        return sum(running.ends for running in self._running if running.program.name == name)

    def say(self, text: str) -> None:
        """One line of our own among the logs."""
        self._line("manyhands", text, bold=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:  # a second Ctrl-C: no more patience
            self.patience = 0.0
        self.request_stop(0)

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"!")
        except BlockingIOError:
            return  # it is full of wake-ups already

    def _turn(self) -> None:
        """Wait for output, an end or a wake-up, and deal with it."""
        for key, _ in self._selector.select(TICK_SECONDS):
            if key.data is None:
                os.read(self._wake_read, 4096)
            else:
                self._read(key.fileobj, key.data)  # type: ignore[arg-type]
        for running in self._running:
            if running.process is not None and running.process.poll() is not None:
                self._ended(running)

    def _start_waiting(self) -> None:
        while self._waiting:
            self._running.append(Running(self._waiting.pop(0)))
        for running in self._running:
            if running.process is None and time.monotonic() >= running.restart_at:
                self._start(running)

    def _start(self, running: Running) -> None:
        program = running.program
        running.process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self.environ, SUPERVISOR: str(os.getpid())},
            pass_fds=program.pass_fds,
            start_new_session=True,  # a Ctrl-C in the terminal is for us, who stop them in good order
            preexec_fn=before_start(program),
        )
        running.started = time.monotonic()
        pipe = _output(running.process)
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_READ, running)

    def _read(self, pipe: IO[bytes], running: Running) -> bool:
        """Whether there was anything to read."""
        data = pipe.read(65536)
        if data is None:
            return False
        if not data:
            self._selector.unregister(pipe)
            return False
        *lines, running.rest = (running.rest + data).split(b"\n")
        for line in lines:
            self._line(running.program.name, line.decode(errors="replace").rstrip())
        return True

    def _ended(self, running: Running) -> None:
        process = running.process
        if process is None:
            return
        pipe = _output(process)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started and left behind
        while pipe.fileno() in self._selector.get_map() and self._read(pipe, running):
            continue  # its last words, which may be a long traceback
        if running.rest:
            self._line(running.program.name, running.rest.decode(errors="replace"))
        if pipe.fileno() in self._selector.get_map():
            self._selector.unregister(pipe)
        pipe.close()
        running.process, running.rest = None, b""
        if not self.stopping:
            running.ends += 1
            lived = time.monotonic() - running.started
            running.wait = FIRST_WAIT if lived > HEALTHY_SECONDS else min(running.wait * 2, LONGEST_WAIT)
            running.restart_at = time.monotonic() + running.wait
            how = _how_it_ended(process.returncode)
            self.say(f"{running.program.name} {how}; starting it again in {running.wait:.0f} s")

    def _stop_all(self) -> None:
        """Every program gets its signals one by one; they stop side by side."""
        begun = time.monotonic()
        while alive := [running for running in self._running if running.process is not None]:
            for running in alive:
                due = int((time.monotonic() - begun) / self.patience) + 1 if self.patience else 99
                if due > len(running.program.stop_signals):
                    return
                while running.signals_sent < due:
                    signum = running.program.stop_signals[running.signals_sent]
                    if running.process is not None:
                        running.process.send_signal(signum)
                    running.signals_sent += 1
            self._turn()

    def _kill_all(self) -> None:
        """What has not stopped, with its children."""
        for running in self._running:
            if running.process is not None and running.process.poll() is None:
                self.say(f"{running.program.name} does not stop: killed")
                os.killpg(running.process.pid, signal.SIGKILL)
                running.process.wait()

    def _close(self) -> None:
        for running in self._running:
            if running.process is not None:
                _output(running.process).close()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _line(self, name: str, text: str, *, bold: bool = False) -> None:
        prefix = f"{name:>9} | "
        if self._colour:
            names = [running.program.name for running in self._running]
            colour = COLOURS[names.index(name) % len(COLOURS)] if name in names else 0
            prefix = f"\x1b[{colour}{';1' if bold else ''}m{prefix}\x1b[0m"
        self.stream.write(f"{prefix}{text}\n")
        self.stream.flush()


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise RuntimeError("every program is started with a pipe")
    return process.stdout


def _how_it_ended(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def wait_for(ready: Callable[[], bool], *, seconds: float, give_up: Callable[[], bool]) -> bool:
    """Whether it became ready in time; asks often, gives up early when told to."""
    deadline = time.monotonic() + seconds
    while not give_up() and time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(TICK_SECONDS / 2)
    return False
