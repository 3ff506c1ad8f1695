"""Rates by layer, and the mean of weights over the last steps."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, events, losses
from training.engine.averaging import Averaging
from training.engine.build import build_network, load_encoder
from training.engine.config import FitConfig
from training.engine.fit import CANCELLED, SUCCEEDED, fit
from training.engine.optimizer import peak_rates, rate


def config(**settings):
    return FitConfig(head="choice", field=CHOICE_FIELD, **settings)


def walk(averaging, layer, optimizer, count):
    """Train a layer for some steps; the weights after each."""
    seen = []
    for step in range(1, count + 1):
        layer(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()
        averaging.add(step)
        seen.append(layer.weight.detach().clone())
    return seen


def test_what_is_shown_is_the_mean_of_the_last_weights():
    layer = nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1, fused=True)
    averaging = Averaging(optimizer, share=0.4, steps=10)
    seen = walk(averaging, layer, optimizer, 10)
    with averaging.shown():
        assert torch.allclose(layer.weight, torch.stack(seen[6:]).mean(dim=0))
    assert torch.equal(layer.weight, seen[-1])


def test_before_the_last_share_the_weights_themselves_are_shown():
    layer = nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    averaging = Averaging(optimizer, share=0.4, steps=10)
    seen = walk(averaging, layer, optimizer, 6)
    with averaging.shown():
        assert torch.equal(layer.weight, seen[-1])


def test_the_mean_is_part_of_a_checkpoint(make_run, monkeypatch):
    """A run that was stopped and taken up again ends with the same model as an unbroken one."""
    rows, settings = (
        choice_rows(12),
        {"epochs": 4, "average_share": 0.7, "patience": 0, "field": CHOICE_FIELD},
    )
    whole = make_run("whole", train=rows, dev=rows, **settings)
    assert fit(whole) == SUCCEEDED
    broken = make_run("broken", train=rows, dev=rows, **settings)
    other = make_run("other", train=rows, dev=rows, **(settings | {"average_share": 0.0}))
    assert fit(other) == SUCCEEDED
    add = Averaging.add

    def add_and_ask_to_stop(averaging, step):
        add(averaging, step)
        if step == 8:
            (broken / "cancel").touch()

    monkeypatch.setattr(Averaging, "add", add_and_ask_to_stop)
    assert fit(broken) == CANCELLED
    (broken / "cancel").unlink()
    monkeypatch.undo()
    assert fit(broken) == SUCCEEDED
    values = [[event["loss"] for event in events(run, "eval")] for run in (whole, broken, other)]
    assert values[0] == values[1] != values[2]
    assert losses(whole) == losses(broken) == losses(other)  # averaging does not touch the training itself


def test_each_layer_learns_at_a_share_of_the_rate_above_it(tiny_model):
    chosen = config(learning_rate=1e-3, head_learning_rate=1e-2, layer_decay=0.5)
    network = build_network(load_encoder(str(tiny_model)), chosen, classes=3)
    rates = {name: peak for name, _weight, peak in peak_rates(network, chosen)}
    assert rates["encoder.embeddings.word_embeddings.weight"] == pytest.approx(1e-3 / 4)
    assert rates["encoder.encoder.layer.0.output.dense.weight"] == pytest.approx(1e-3 / 2)
    assert rates["encoder.encoder.layer.1.output.dense.weight"] == pytest.approx(1e-3)
    assert rates["output.weight"] == 1e-2


def test_the_rate_rises_and_falls_to_its_last_share():
    chosen = config(warmup_share=0.2, final_rate=0.1)
    shares = [rate(step, 100, chosen) for step in range(100)]
    assert shares[0] == pytest.approx(1 / 20)
    assert max(shares) == 1.0
    assert shares[99] == pytest.approx(0.1 + 0.9 / 80)
    assert rate(99, 100, config(warmup_share=0.2)) == pytest.approx(1 / 80)


def test_the_last_epoch_is_kept_when_asked_for(make_run):
    rows = choice_rows(12)
    wrong = [replace(row, value=other.value) for row, other in zip(rows, rows[1:], strict=False)]
    best, last = (
        make_run(keep, train=rows, dev=wrong, field=CHOICE_FIELD, epochs=6, keep=keep)
        for keep in ("best", "last")
    )
    assert [fit(best), fit(last)] == [SUCCEEDED] * 2
    assert all(event["best"] for event in events(last, "eval"))
    assert len(events(last, "eval")) == 6
    assert not all(event["best"] for event in events(best, "eval"))
