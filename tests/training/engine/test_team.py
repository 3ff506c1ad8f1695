import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from safetensors.torch import load_file

from tests.training.engine.samples import events, losses, span_rows
from training.engine.config import FitConfig
from training.engine.fit import CANCELLED, LOST, SUCCEEDED, fit
from training.engine.launch import processes_for

ROOT = Path(__file__).resolve().parents[3]


def span_run(make_run, name="run", **settings):
    return make_run(name, train=span_rows(24), dev=span_rows(6), test=span_rows(9, prefix="t"), **settings)


def start(folder):
    return subprocess.Popen([sys.executable, "-m", "training.engine", "fit", str(folder)], cwd=ROOT)


def wait_until(true, seconds=90):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def ranks(process):
    """The training processes by their rank, once all are there."""
    found = {}
    for one in psutil.Process(process.pid).children(recursive=True):
        rank = one.environ().get("RANK")
        if rank is not None:
            found[int(rank)] = one
    return found


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(make_run):
    alone = span_run(make_run, "alone", dropout=0.0, epochs=3)
    both = span_run(make_run, "both", dropout=0.0, epochs=3, processes=2)
    assert fit(alone) == SUCCEEDED
    assert start(both).wait(timeout=120) == SUCCEEDED
    assert list(losses(both).values()) == pytest.approx(list(losses(alone).values()), rel=1e-4)
    one, two = (load_file(folder / "model" / "model.safetensors") for folder in (alone, both))
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-3
    running = next(event for event in events(both, "state") if event["state"] == "running")
    assert running["processes"] == 2
    steps = [event["step"] for event in events(both, "step")]
    assert steps == sorted(set(steps))  # one of them writes, the other is silent
    reports = [json.loads((folder / "report.json").read_text())["test"] for folder in (alone, both)]
    assert reports[1]["micro"]["f1"] == pytest.approx(reports[0]["micro"]["f1"], abs=0.02)


@pytest.mark.slow
def test_cancelled_they_stop_together_and_go_on_together(make_run):
    settings = {"epochs": 1000, "patience": 0, "max_steps": 150, "processes": 2}
    folder, whole = span_run(make_run, "run", **settings), span_run(make_run, "whole", **settings)
    process = start(folder)
    wait_until(lambda: (folder / "metrics.jsonl").exists() and len(events(folder, "step")) > 10)
    members = list(ranks(process).values())
    assert len(members) == 2
    (folder / "cancel").touch()
    asked = time.monotonic()
    assert process.wait(timeout=20) == CANCELLED
    assert time.monotonic() - asked < 5
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in members)
    (folder / "cancel").unlink()
    assert start(folder).wait(timeout=120) == SUCCEEDED
    assert any(event["state"] == "resumed" for event in events(folder, "state"))
    assert start(whole).wait(timeout=120) == SUCCEEDED
    assert losses(folder) == pytest.approx(losses(whole), abs=1e-6)


@pytest.mark.slow
def test_sigterm_reaches_the_leader_through_everybody(make_run):
    folder = span_run(make_run, epochs=1000, patience=0, processes=2)
    process = start(folder)
    wait_until(lambda: (folder / "metrics.jsonl").exists() and len(events(folder, "step")) > 3)
    process.terminate()
    assert process.wait(timeout=20) == CANCELLED
    assert list((folder / "checkpoints").glob("step-*"))


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_killed_one_by_one_they_end_as_one(make_run, rank):
    folder = span_run(make_run, epochs=1000, patience=0, processes=2)
    process = start(folder)
    wait_until(lambda: (folder / "metrics.jsonl").exists() and len(events(folder, "step")) > 3)
    members = ranks(process)
    os.kill(members[rank].pid, signal.SIGKILL)
    assert process.wait(timeout=60) in (LOST, 1)
    psutil.wait_procs(members.values(), timeout=10)
    assert not any(one.is_running() for one in members.values())


@pytest.mark.slow
def test_none_outlives_the_one_who_started_them(make_run):
    folder = span_run(make_run, epochs=1000, patience=0, processes=2)
    process = start(folder)
    wait_until(lambda: (folder / "metrics.jsonl").exists() and len(events(folder, "step")) > 3)
    members = list(ranks(process).values())
    process.kill()
    process.wait()
    assert not psutil.wait_procs(members, timeout=10)[1]


def test_one_process_for_each_gpu_unless_told_otherwise(monkeypatch):
    def config(**settings):
        field = {"name": "f", "type": "choice", "labels": ["a"]}
        return FitConfig(head="choice", field=field, **settings)

    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    assert [processes_for(config(**one)) for one in (
        {}, {"device": "cuda"}, {"device": "cuda:1"}, {"device": "cpu"}, {"processes": 2}, {"processes": 1},
    )] == [4, 4, 1, 1, 2, 1]  # fmt: skip
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert processes_for(config()) == 1
