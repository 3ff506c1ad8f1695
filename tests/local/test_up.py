import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.data_dir import DataDir
from local.errors import LocalError
from local.port import listen
from local.prepare import fingerprint
from local.programs import background, shared_environment, web
from local.services import ServiceUrls
from local.up import data_dir, main, only_one, parse

ROOT = Path(__file__).resolve().parents[2]
NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "DEBUG", "DJANGO_SETTINGS_MODULE")


def test_once_leaves_nothing_behind_unless_told_where() -> None:
    with data_dir(parse(["--once"])) as home:
        home.create()
        assert home.root.exists()
    assert not home.root.exists()


def test_a_named_data_folder_stays(tmp_path: Path) -> None:
    with data_dir(parse(["--once", "--data-dir", str(tmp_path)])) as home:
        assert home.root == tmp_path
    assert tmp_path.exists()


def test_without_a_name_the_data_is_in_var(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR", raising=False)
    with data_dir(parse([])) as home:
        assert home.root == ROOT / "var"


def test_two_of_them_on_one_data_folder_are_refused(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path)
    with (
        only_one(home, "http://127.0.0.1:8000"),
        pytest.raises(LocalError, match="running for .* already: http://127.0.0.1:8000. Stop it"),
        only_one(home, "http://127.0.0.1:8001"),
    ):
        pass
    with only_one(home, "http://127.0.0.1:8001"):
        assert (home.run / "up").read_text() == "http://127.0.0.1:8001\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--once", "--empty"], "choose one"), (["--dialogues", "/no/such.jsonl"], "no file /no/such.jsonl")],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        parse(arguments)
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err


def test_a_taken_port_is_noticed_before_anything_starts(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(LocalError, match="already in use"):
        main(["--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path / "var")])
    assert not (tmp_path / "var").exists()


def test_what_the_person_set_wins_over_our_defaults(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path)
    home.create()
    urls = ServiceUrls("postgresql:///x", "redis://y")
    mine = {"HF_HUB_OFFLINE": "0", "SITE_URL": "https://label.example", "SECRET_KEY": "own"}
    environ = shared_environment(home, urls, host="127.0.0.1", port=8001, environ=mine)
    assert mine.items() <= environ.items()
    assert "SECRET_KEY_FILE" not in environ
    assert environ["DATABASE_URL"] == "postgresql:///x"
    assert environ["DATA_DIR"] == str(tmp_path)
    assert shared_environment(home, urls, host="127.0.0.1", port=8001, environ={})["SITE_URL"].endswith(
        ":8001"
    )


def test_every_queue_has_a_worker_and_the_trainer_is_alone() -> None:
    commands = {program.name: " ".join(program.command) for program in background()}
    assert "--queues=default,predict" in commands["worker"]
    assert "--queues=train" in commands["trainer"]
    assert "--concurrency" not in commands["trainer"]  # one for each card, see on_worker_setup
    assert set(commands) == {"worker", "trainer", "beat"}


def test_the_web_server_gets_our_socket() -> None:
    with listen("127.0.0.1", 0) as listener:
        program = web(listener)
        assert f"--fd={listener.fileno()}" in program.command
        assert program.pass_fds == (listener.fileno(),)


def test_a_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    empty = fingerprint(["a/*.po"], tmp_path)
    (tmp_path / "a/one.po").write_text("1")
    one = fingerprint(["a/*.po"], tmp_path)
    (tmp_path / "a/one.po").write_text("12")
    assert len({empty, one, fingerprint(["a/*.po"], tmp_path)}) == 3
    assert fingerprint(["b/*"], tmp_path) == empty


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_up(folder: Path, port: int) -> "subprocess.Popen[str]":
    environ = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    command = ["manage.py", "up", "--empty", "--port", str(port), "--data-dir", str(folder)]
    with (folder / "up.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT, env=environ, stdout=log, stderr=log, text=True, start_new_session=True,
        )  # fmt: skip


def wait_until_ready(port: int, process: "subprocess.Popen[str]", folder: Path, seconds: float) -> float:
    """Seconds until /readyz says so."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        assert process.poll() is None, (folder / "up.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                assert json.load(answer)["ok"]
                return time.monotonic() - began
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail((folder / "up.log").read_text())


def family(folder: Path, process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Everything that works for this `up`: its children and the servers of its data folder."""
    keepers = [
        one
        for one in psutil.process_iter(["cmdline"])
        if "local.keeper" in (one.info["cmdline"] or []) and str(folder) in one.info["cmdline"]
    ]
    return [
        child
        for one in [psutil.Process(process.pid), *keepers]
        for child in [one, *one.children(recursive=True)]
    ]


@pytest.fixture
def running(tmp_path: Path, free_port: int) -> Iterator[argparse.Namespace]:
    process = start_up(tmp_path, free_port)
    yield argparse.Namespace(process=process, port=free_port, folder=tmp_path)
    if process.poll() is None:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_up_serves_stops_without_orphans_and_is_quick_the_second_time(running: argparse.Namespace) -> None:
    wait_until_ready(running.port, running.process, running.folder, 90)
    everyone = family(running.folder, running.process)
    assert len(everyone) >= 8
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(40) == 0, (running.folder / "up.log").read_text()
    assert psutil.wait_procs(everyone, timeout=10)[1] == []

    running.process = start_up(running.folder, running.port)
    assert wait_until_ready(running.port, running.process, running.folder, 60) < 10
    everyone = family(running.folder, running.process)
    running.process.kill()
    running.process.wait()
    assert psutil.wait_procs(everyone, timeout=40)[1] == []
