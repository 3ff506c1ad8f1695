"""What a broken run owes to an unbroken one, and what memory that does not suffice may change: nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, events, losses, span_rows
from training.engine.fit import SUCCEEDED, fit
from training.engine.loop import Loop

ROOT = Path(__file__).resolve().parents[3]
STEPS = 60


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-m", "training.engine", "fit", str(folder), "--verbose"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def run(make_run, name, **settings):
    rows = {"train": span_rows(24), "dev": span_rows(6), "test": span_rows(9, prefix="t")}
    return make_run(name, **rows, **{"epochs": 10, "patience": 0, **settings})


def choice_run(make_run, name, **settings):
    rows = {"train": choice_rows(24), "dev": choice_rows(6), "test": choice_rows(9, prefix="t")}
    return make_run(name, **rows, field=CHOICE_FIELD, **{"epochs": 10, "patience": 0, **settings})


def weights(folder):
    files = ("model.safetensors", "head.safetensors")
    return {
        f"{file}:{name}": tensor
        for file in files
        for name, tensor in load_file(folder / "model" / file).items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "precision", "every"), [(run, "fp32", 0), (run, "auto", 7), (choice_run, "fp32", 7)]
)
def test_killed_at_half_way_it_ends_where_an_unbroken_run_ends(make, precision, every, make_run):
    """With checkpoints at epochs alone, and with some in the middle of one. Dropout is on, as by default."""
    settings = {"precision": precision, "checkpoint_steps": every, "dropout": 0.1}
    broken, whole = make(make_run, "broken", **settings), make(make_run, "whole", **settings)
    assert fit(whole) == SUCCEEDED
    assert max(losses(whole)) == STEPS
    process = start(broken)
    assert any(f'"step": {STEPS // 2}, "total_steps"' in line for line in process.stdout)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert STEPS // 2 <= max(losses(broken)) < STEPS
    assert start(broken).wait(timeout=100) == SUCCEEDED
    assert any(
        0 < event.get("step", 0) < STEPS for event in events(broken, "state") if event["state"] == "resumed"
    )
    ours, theirs = losses(broken), losses(whole)
    assert set(ours) == set(theirs) == set(range(1, STEPS + 1))
    assert max(abs(ours[step] - theirs[step]) for step in ours) <= 1e-6
    assert [e["value"] for e in evals(broken)] == [e["value"] for e in evals(whole)]
    one, other = weights(broken), weights(whole)
    assert set(one) == set(other)
    assert max(float((one[name] - other[name]).abs().max()) for name in one) <= 1e-6


def evals(folder):
    """The dev figures by epoch; of a repeated epoch the last ones count."""
    return [by for _, by in sorted({event["epoch"]: event for event in events(folder, "eval")}.items())]


class Recorded(Exception):
    pass


def gradients(folder, monkeypatch, *, limit=None):
    """The gradients of the first step; forward passes over more than `limit` positions run out of memory."""
    from training.engine.build import Network

    found, forward = {}, Network.forward

    def small(self, batch):
        if limit and self.training and batch.ids.numel() > limit:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return forward(self, batch)

    def record(self, parts):
        while self._try(parts) is None:
            self._halve(parts)
        for name, parameter in self.network.named_parameters():
            found[name] = parameter.grad.clone()
        found["micro"] = torch.tensor(float(self.progress.micro_tokens))
        raise Recorded

    monkeypatch.setattr(Network, "forward", small)
    monkeypatch.setattr(Loop, "_step", record)
    fit(folder)
    monkeypatch.undo()
    return found


@pytest.mark.parametrize("make", [run, choice_run])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_where_memory_ends_the_step_is_cut_and_its_gradient_stays(make, weights, make_run, monkeypatch):
    if make is run and weights == "balanced":
        weights = "none"
    settings = {"dropout": 0.0, "batch_examples": 12, "class_weights": weights, "label_smoothing": 0.1}
    whole = gradients(make(make_run, "whole", **settings), monkeypatch)
    small = gradients(make(make_run, "small", **settings), monkeypatch, limit=40)
    assert float(small.pop("micro")) <= 40 < float(whole.pop("micro"))
    assert set(whole) == set(small)
    for name, gradient in whole.items():
        torch.testing.assert_close(small[name], gradient, rtol=1e-4, atol=1e-7)


def test_what_a_run_says_about_memory_is_what_it_took(make_run):
    folder = run(make_run, "run", epochs=1)
    process = start(folder)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0) if process.returncode is None else (0, 0, None)
    assert "succeeded" in said and status == 0
    told = events(folder, "step")[-1]["memory_mb"]
    assert usage.ru_maxrss / 1024 * 0.5 < told <= usage.ru_maxrss / 1024 * 1.01
