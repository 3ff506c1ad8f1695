"""One engine on a card, whoever asks and however they end."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pytest_django import Settings

from training import devices, engine_process, trainers
from training.machine import Machine

SMI = """#!/bin/sh
echo "GPU-aaaa, 0, Fake A100, 81920, 80000, 555.42"
echo "GPU-bbbb, 1, Fake A100, 81920, 70000, 555.42"
"""
HOLDER = """
import os, sys, time, django
django.setup()
from training import devices, engine_process
with devices.one_card(seconds=0.2) as card:
    if len(sys.argv) > 1:
        import subprocess
        subprocess.Popen(["sleep", sys.argv[1]], pass_fds=devices.held_locks())
    print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    time.sleep(600)
"""


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text(SMI)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    return tool


@pytest.fixture
def start(settings: Settings) -> Any:
    paths = os.pathsep.join([str(settings.BASE_DIR), str(settings.BASE_DIR / "platform")])
    more = {
        "ARTIFACTS_DIR": str(settings.ARTIFACTS_DIR), "PYTHONPATH": paths,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", HOLDER, *arguments], env=os.environ | more, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_driver_says_which_cards_there_are(two_cards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = devices.list_cards()
    assert (first.key, first.name, first.memory_mb, second.free_mb) == ("GPU-aaaa", "Fake A100", 81920, 70000)
    for allowed in ("1", "GPU-bbbb", "GPU-bb"):
        monkeypatch.setenv(devices.VISIBLE, allowed)
        assert [card.index for card in devices.list_cards()] == ["1"]
    monkeypatch.setenv(devices.VISIBLE, "")
    assert devices.list_cards() == []


def test_a_driver_that_fails_is_none(two_cards: Path) -> None:
    two_cards.write_text("#!/bin/sh\necho no devices were found\nexit 6\n")
    assert devices.list_cards() == []


def test_without_cards_the_processor_is_shared() -> None:
    none = patch.object(devices, "list_cards", return_value=[])
    with none, devices.one_card() as first, devices.one_card() as second:
        assert first is second is None and devices.held_locks() == ()


@pytest.mark.slow
def test_two_trainers_on_one_machine_never_share_a_card(two_cards: Path, start: Any) -> None:
    holders = [start() for _ in range(3)]
    assert sorted(line_of(holder) for holder in holders) == ["", "GPU-aaaa", "GPU-bbbb"]
    with pytest.raises(devices.AllBusy), devices.one_card(seconds=0):
        pass
    lost = next(holder for holder in holders if holder.poll() is None)
    lost.kill()
    lost.wait()
    with devices.one_card(seconds=5) as card:
        assert card is not None and os.environ[devices.VISIBLE] == card.key
        assert card.key in engine_process._environment()[devices.VISIBLE]
    assert devices.VISIBLE not in os.environ


@pytest.mark.slow
def test_a_killed_trainers_card_is_free_only_when_its_engine_has_gone(two_cards: Path, start: Any) -> None:
    holders = [start("4"), start("4")]
    assert sorted(map(line_of, holders)) == ["GPU-aaaa", "GPU-bbbb"]
    began = time.monotonic()
    for holder in holders:
        holder.kill()
        holder.wait()
    with pytest.raises(devices.AllBusy), devices.one_card(seconds=0):
        pass
    with devices.one_card(seconds=30):
        assert time.monotonic() - began > 1


def test_a_run_of_several_processes_holds_as_many_cards(two_cards: Path) -> None:
    with devices.one_card(seconds=0) as card:
        assert card is not None and len(devices.list_cards()) == 1
        with devices.more_cards(1, seconds=0):
            assert os.environ[devices.VISIBLE] == "GPU-aaaa,GPU-bbbb" and len(devices.held_locks()) == 2
            with pytest.raises(devices.AllBusy), devices.more_cards(7, seconds=0):
                pass
        assert os.environ[devices.VISIBLE] == "GPU-aaaa" and len(devices.held_locks()) == 1
    assert devices.held_locks() == () and devices.VISIBLE not in os.environ


def test_a_trainer_takes_one_run_for_each_card(two_cards: Path) -> None:
    class Conf:
        worker_concurrency: int | None = None

    for options, expected in (
        ({"queues": "train"}, 2), ({"queues": ["train"]}, 2), ({"queues": "train", "concurrency": 1}, None),
        ({"queues": "default,predict"}, None), ({}, None),
    ):  # fmt: skip
        conf = Conf()
        trainers.on_worker_setup(conf=conf, options=options)
        assert conf.worker_concurrency == expected


def test_a_machine_tells_its_versions_cards_and_memory(two_cards: Path) -> None:
    here = Machine.here(slots=2)
    assert here.torch and here.cpu and here.cores and here.memory_mb > here.free_mb > 0 and not here.is_old
    assert (here.driver, len(here.cards), here.cards[1]["free_mb"]) == ("555.42", 2, 70000)
    assert Machine.from_json({"engine": "0.1", "unheard_of": 1}).is_old
