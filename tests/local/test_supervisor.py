import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.supervisor import Program, Supervisor, wait_for

STEADY = "print('hello', flush=True); import time; time.sleep(600)"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # whoever runs the tests in the background ignores it
print("deaf", flush=True); time.sleep(600)
"""
CRASHES_ONCE = """
import pathlib, sys, time
mark = pathlib.Path(sys.argv[1])
if not mark.exists():
    mark.touch()
    print("first try"); raise SystemExit(3)
print("second try", flush=True); time.sleep(600)
"""
WITH_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True); time.sleep(600)
"""
WHOLE = """
import os, sys
from local.supervisor import Program, Supervisor
supervisor = Supervisor(os.environ)
code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
for name in ("one", "two"):
    supervisor.add(Program(name, [sys.executable, "-c", code]))
sys.exit(supervisor.run())
"""


def program(name: str, code: str, *arguments: str, **options: object) -> Program:
    return Program(name, [sys.executable, "-c", code, *arguments], **options)  # type: ignore[arg-type]


class Output(io.StringIO):
    """What the supervisor prints, and a way to wait for it."""

    def wait_for(self, text: str, seconds: float = 20) -> None:
        assert wait_for(lambda: text in self.getvalue(), seconds=seconds, give_up=lambda: False), (
            self.getvalue()
        )


def run_until(supervisor: Supervisor, story: Callable[[], None]) -> int:
    """Run in this thread; the story in another; stop when it ends."""
    failures: list[BaseException] = []

    def tell() -> None:
        try:
            story()
        except BaseException as error:  # an assertion has to reach the test
            failures.append(error)
        finally:
            supervisor.request_stop(7)

    teller = threading.Thread(target=tell)
    teller.start()
    code = supervisor.run()
    teller.join()
    if failures:
        raise failures[0]
    return code


def test_lines_carry_the_name_of_who_wrote_them() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output)
    supervisor.add(program("web", STEADY))
    assert run_until(supervisor, lambda: output.wait_for("      web | hello\n")) == 7


def test_a_crashed_program_starts_again(tmp_path: Path) -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output)
    supervisor.add(program("worker", CRASHES_ONCE, str(tmp_path / "mark")))
    run_until(supervisor, lambda: output.wait_for("second try"))
    assert "worker | first try" in output.getvalue()
    assert "worker ended with code 3; starting it again in 1 s" in output.getvalue()
    assert supervisor.ends("worker") == 1


def test_a_program_that_crashes_always_waits_longer_each_time() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output)
    supervisor.add(program("beat", "raise SystemExit(1)"))
    run_until(supervisor, lambda: output.wait_for("again in 2 s"))
    assert output.getvalue().index("again in 1 s") < output.getvalue().index("again in 2 s")


def test_the_last_words_of_a_crash_are_shown_in_full() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output)
    supervisor.add(program("web", "print('x' * 300_000); print('end'); raise SystemExit(1)"))
    run_until(supervisor, lambda: output.wait_for("ended with code"))
    assert "x" * 300_000 in output.getvalue()
    assert "web | end\n" in output.getvalue()


def test_a_deaf_program_is_killed_after_its_signals() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output, patience=0.3)
    supervisor.add(program("celery", STUBBORN))
    run_until(supervisor, lambda: output.wait_for("deaf"))
    assert "celery does not stop: killed" in output.getvalue()


def test_children_of_a_program_end_with_it() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output)
    supervisor.add(program("parent", WITH_CHILD))
    run_until(supervisor, lambda: output.wait_for("child "))
    child = int(output.getvalue().partition("child ")[2].split()[0])
    assert wait_for(lambda: not _is_running(child), seconds=10, give_up=lambda: False)


def test_the_second_signal_follows_when_the_first_is_not_enough() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output, patience=2.0)
    supervisor.add(program("celery", STUBBORN, stop_signals=(signal.SIGTERM, signal.SIGQUIT)))
    run_until(supervisor, lambda: output.wait_for("deaf"))
    assert "does not stop" not in output.getvalue()


@pytest.fixture
def whole() -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """A supervisor in a process of its own, and the numbers of its two programs."""
    process = subprocess.Popen([sys.executable, "-c", WHOLE], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    pids = [int(process.stdout.readline().partition("|")[2]) for _ in range(2)]
    yield process, pids
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda s: s.name)
def test_no_program_outlives_the_supervisor(
    whole: tuple["subprocess.Popen[str]", list[int]], signum: signal.Signals
) -> None:
    process, pids = whole
    assert all(map(psutil.pid_exists, pids))
    process.send_signal(signum)
    code = process.wait(20)
    assert code == (-signal.SIGKILL if signum == signal.SIGKILL else 0)
    deadline = time.monotonic() + 10
    while any(map(_is_running, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_background_work_steps_back() -> None:
    output = Output()
    supervisor = Supervisor(os.environ, output)
    code = "import os, time; print('nice', os.nice(0), flush=True); time.sleep(600)"
    supervisor.add(program("worker", code, steps_back=True), program("web", code))

    def story() -> None:
        output.wait_for(f"web | nice {os.nice(0)}")
        output.wait_for(f"worker | nice {os.nice(0) + 5}")

    run_until(supervisor, story)
