"""Gradient checkpointing and the other options for what a device is like."""

import pytest
import torch

from tests.training.engine.samples import events, losses, span_rows
from training.engine import device
from training.engine.batching import collate
from training.engine.errors import EngineError
from training.engine.fit import FAILED, SUCCEEDED, fit


def run(make_run, name, **settings):
    rows = {"train": span_rows(24), "dev": span_rows(6), "test": span_rows(9, prefix="t")}
    return make_run(name, **rows, **settings)


def kept_by(folder, monkeypatch):
    """Bytes of activations that the first step keeps for its backward pass."""
    from training.engine.build import Network

    kept, forward = [], Network.forward

    def count(self, batch):
        def pack(tensor):
            kept.append(tensor.numel() * tensor.element_size())
            return tensor

        if not self.training or len(kept) > 2000:
            return forward(self, batch)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            return forward(self, batch)

    monkeypatch.setattr(Network, "forward", count)
    assert fit(folder) == SUCCEEDED
    monkeypatch.undo()
    return sum(kept)


def test_checkpointing_keeps_less_and_learns_the_same(make_run, monkeypatch):
    settings = {"dropout": 0.1, "precision": "fp32", "max_steps": 3}
    plain = run(make_run, "plain", **settings)
    sparing = run(make_run, "sparing", gradient_checkpointing=True, **settings)
    much, little = kept_by(plain, monkeypatch), kept_by(sparing, monkeypatch)
    assert little < 0.5 * much
    assert list(losses(sparing).values()) == pytest.approx(list(losses(plain).values()), rel=1e-4)


def test_graphs_need_a_gpu(make_run, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    folder = run(make_run, "run", compile="graphs")
    assert fit(folder) == FAILED
    assert "there is no GPU" in events(folder, "state")[-1]["reason"]


def test_compiling_needs_a_compiler(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(EngineError, match="no C\\+\\+ compiler"):
        device.compile_module(torch.nn.Linear(1, 1), graphs=False)


def test_a_compiled_encoder_is_asked_for_in_place_and_for_any_length(make_run, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "torch.nn.Module.compile", lambda self, **how: asked.append((type(self).__name__, how))
    )
    assert fit(run(make_run, "run", compile="kernels", max_steps=1)) == SUCCEEDED
    assert asked == [("BertModel", {"dynamic": True, "mode": None})]


def test_what_goes_to_a_gpu_goes_from_pinned_memory(monkeypatch):
    """No GPU here: what torch is asked to do is all that can be seen."""
    from tests.training.engine.test_token_cache import example

    pinned, copied = [], []

    def to(self, target, non_blocking=False):
        copied.append((target.type, non_blocking))
        return self

    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: pinned.append(1) or self)
    monkeypatch.setattr(torch.Tensor, "to", to)
    collate([example(1)], 0, torch.device("cuda"))
    assert len(pinned) == len(copied) == 8 and set(copied) == {("cuda", True)}
