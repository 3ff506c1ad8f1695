"""Differential privacy: what one conversation can move, how much noise there is, what is spent, resuming."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from opacus.accountants import PRVAccountant, RDPAccountant
from safetensors.torch import load_file

from tests.training.engine.samples import (
    CHOICE_FIELD,
    RANK_FIELD,
    SCALE_FIELD,
    choice_rows,
    events,
    losses,
    rank_rows,
    scale_rows,
    span_rows,
)
from training.engine.config import FitConfig
from training.engine.errors import EngineError
from training.engine.fit import SUCCEEDED, fit
from training.engine.loop import Loop
from training.engine.private import budget
from training.engine.private.draws import KEY_FILE, Secret, by_unit, draw, noise_like
from training.engine.private.last_layer import LastLayer
from training.engine.private.private_loop import PrivateLoop, add_clipped
from training.engine.recipes import PRIVATE, written_out

ROOT = Path(__file__).resolve().parents[3]
DP = {
    "fit_head_first": False, "freeze_embeddings": True, "dp_noise_multiplier": 1.0, "keep": "last",
    "patience": 0, "dropout": 0.0,
}  # fmt: skip
FIELDS = {"choice": (CHOICE_FIELD, choice_rows), "scale": (SCALE_FIELD, scale_rows),
          "rank": (RANK_FIELD, rank_rows)}  # fmt: skip


def private_run(make_run, name, **settings):
    rows = {"train": choice_rows(24), "dev": choice_rows(6), "test": choice_rows(12, prefix="t")}
    return make_run(name, **{**rows, "field": CHOICE_FIELD, **DP, **settings})


def give_key(folder):
    """The secret of the noise, as a run that was started before has left it."""
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / KEY_FILE).write_bytes(b"s" * 32)


def report_of(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


class Recorded(Exception):
    pass


def first_step(folder, monkeypatch):
    """The sums of the first step's clipped gradients with every unit in it and without noise, (P,)."""
    found = []

    def record(self, parts):
        self.rate = 1.0
        self._noise = lambda: 0.0
        self._gradients(self.units)
        parts = [w.grad.flatten() for w in self.weights if w.grad is not None]
        found.append(torch.cat(parts) * len(self.units))
        raise Recorded

    monkeypatch.setattr(PrivateLoop, "_step", record)
    fit(folder)
    monkeypatch.undo()
    return found[0]


@pytest.mark.parametrize("kind", ["choice", "scale", "rank", "span"])
def test_one_conversation_moves_a_step_by_the_clipping_norm_at_most(kind, make_run, monkeypatch):
    """Whatever the head: with a group of three rows more, the sum changes by no more than the norm."""
    field, rows_of = FIELDS.get(kind, (None, span_rows))
    how = {"field": field} if field else {}
    rows = rows_of(9)
    more = [replace(row, id=f"more{n}", group="more") for n, row in enumerate(rows_of(3))]
    norm = 0.05
    settings = {**DP, **how, "dp_max_grad_norm": norm, "batch_examples": 4}
    without = make_run("without", train=rows, dev=rows, **settings)
    with_it = make_run("with", train=[*rows, *more], dev=rows, **settings)
    one, other = first_step(without, monkeypatch), first_step(with_it, monkeypatch)
    assert norm * 0.9 < float((one - other).norm()) <= norm * 1.001
    assert float(one.norm()) <= norm * len(rows) * 1.001


def test_without_bounds_the_same_conversation_moves_it_by_more(make_run, monkeypatch):
    rows = choice_rows(9)
    more = [replace(row, id=f"more{n}", group="more") for n, row in enumerate(choice_rows(3))]
    settings = {**DP, "field": CHOICE_FIELD, "dp_max_grad_norm": 1e6}
    without = make_run("without", train=rows, dev=rows, **settings)
    with_it = make_run("with", train=[*rows, *more], dev=rows, **settings)
    one, other = first_step(without, monkeypatch), first_step(with_it, monkeypatch)
    assert float((one - other).norm()) > 0.2


@pytest.mark.parametrize("kind", ["choice", "span"])
def test_where_the_last_layer_alone_learns_the_quick_way_gives_the_same(kind, make_run, monkeypatch):
    field, rows_of = FIELDS.get(kind, (None, span_rows))
    grouped = [replace(row, group=f"g{n % 4}") for n, row in enumerate(rows_of(12))]
    how = {**DP, **({"field": field} if field else {}), "dp_max_grad_norm": 0.05, "tuned_layers": 0}
    monkeypatch.setattr(PrivateLoop, "_of_unit", None)  # not asked
    quick = first_step(make_run("quick", train=grouped, dev=grouped, **how), monkeypatch)
    monkeypatch.setattr(LastLayer, "of", lambda *_: None)
    slow = first_step(make_run("slow", train=grouped, dev=grouped, **how), monkeypatch)
    assert 0 < float(slow.norm()) <= 4 * 0.05 * 1.001
    torch.testing.assert_close(quick, slow, rtol=1e-4, atol=1e-7)


def test_a_gradient_that_is_not_finite_moves_nothing():
    summed = [torch.zeros(2)]
    add_clipped(summed, [torch.tensor([float("nan"), 1.0])], norm=1.0)
    assert summed[0].tolist() == [0.0, 0.0]
    add_clipped(summed, [torch.tensor([3.0, 4.0])], norm=1.0)
    assert float(summed[0].norm()) == pytest.approx(1.0, abs=1e-5)


def test_the_noise_has_the_size_that_is_counted():
    secret = Secret(b"k" * 32, about="test")
    weight = torch.zeros(400, 500)
    drawn = noise_like(weight, scale=0.7, generator=secret.noise(3, torch.device("cpu")))
    again = noise_like(weight, scale=0.7, generator=secret.noise(3, torch.device("cpu")))
    other = noise_like(weight, scale=0.7, generator=secret.noise(4, torch.device("cpu")))
    assert float(drawn.std()) == pytest.approx(0.7, rel=0.01)
    assert abs(float(drawn.mean())) < 0.01
    assert torch.equal(drawn, again) and not torch.equal(drawn, other)
    assert abs(float((drawn * other).mean())) < 0.01


def test_every_unit_takes_part_by_its_own_lot_with_few_of_its_examples():
    units = by_unit([f"g{n % 50}" for n in range(500)])
    lots = np.random.default_rng(1)
    steps = [draw(units, rate=0.2, most=3, lots=lots) for _ in range(400)]
    sizes = np.array([len(step) for step in steps])
    assert sizes.mean() == pytest.approx(10, rel=0.05)
    assert sizes.var() == pytest.approx(50 * 0.2 * 0.8, rel=0.25)  # a batch of fixed size has none
    assert all(len(set(part.tolist())) == len(part) == 3 for step in steps for part in step)


@pytest.mark.parametrize(("noise", "rate", "steps"), [(0.8, 0.05, 200), (1.2, 0.5, 60), (2.0, 1.0, 10)])
def test_what_is_spent_is_what_opacus_says_and_grows_with_the_steps(noise, rate, steps):
    theirs = PRVAccountant()
    for _ in range(steps):
        theirs.step(noise_multiplier=noise, sample_rate=rate)
    loose = RDPAccountant()
    loose.history = [(noise, rate, steps)]
    found = budget.spent(noise=noise, rate=rate, steps=steps, delta=1e-5)
    assert found.epsilon == pytest.approx(theirs.get_epsilon(1e-5))
    assert found.epsilon <= loose.get_epsilon(1e-5)
    assert budget.spent(noise=noise, rate=rate, steps=2 * steps, delta=1e-5).epsilon > found.epsilon
    assert budget.spent(noise=noise, rate=rate, steps=0, delta=1e-5).epsilon == 0


@pytest.mark.parametrize("epsilon", [1.0, 8.0])
def test_the_noise_of_a_budget_spends_it_and_no_more(epsilon):
    noise = budget.noise_for(epsilon, rate=0.1, steps=150, delta=1e-4)
    spent = budget.spent(noise=noise, rate=0.1, steps=150, delta=1e-4).epsilon
    assert 0.95 * epsilon < spent <= epsilon


def test_a_run_learns_within_its_budget_and_says_what_it_spent(make_run):
    """Enough conversations that it does not hang on luck, whatever the noise and the processor."""
    folder = private_run(
        make_run, "run", train=choice_rows(360), test=choice_rows(60, prefix="t"), dp_noise_multiplier=0.0,
        dp_epsilon=16.0, epochs=24, batch_examples=360, learning_rate=5e-3, head_learning_rate=5e-2,
        average_share=0.3,
    )  # fmt: skip
    give_key(folder)
    assert fit(folder) == SUCCEEDED
    report = report_of(folder)
    privacy = report["privacy"]
    assert 15 < privacy["epsilon"] <= 16.0
    assert privacy["units"] == 360 and privacy["unit"] == "group" and privacy["steps"] == 24
    assert privacy["delta"] == pytest.approx(1 / 3600) and privacy["secure_mode"] is False
    assert privacy["epsilon"] == pytest.approx(
        budget.spent(
            noise=privacy["noise_multiplier"], rate=privacy["sample_rate"], steps=24, delta=privacy["delta"]
        ).epsilon
    )
    assert report["test"]["accuracy"] > 0.65 > 1.5 * report["baseline"]["accuracy"]
    card = json.loads((folder / "model" / "card.json").read_text(encoding="utf-8"))
    assert card["report"]["privacy"] == privacy
    assert not (folder / "checkpoints").exists()  # and with it the secret of the noise


def test_a_run_without_it_says_so(make_run):
    folder = make_run("run", train=choice_rows(12), dev=choice_rows(6), field=CHOICE_FIELD)
    assert fit(folder) == SUCCEEDED
    assert report_of(folder)["privacy"] is None


def test_stopped_early_it_has_spent_less(make_run):
    """Nothing is learned at a rate of 0, so that no epoch is better than the first, whatever the noise."""
    settings = {"epochs": 8, "keep": "best", "learning_rate": 0.0, "head_learning_rate": 0.0}
    early = private_run(make_run, "early", patience=1, **settings)
    whole = private_run(make_run, "whole", **settings)
    assert fit(early) == fit(whole) == SUCCEEDED
    one, other = report_of(early)["privacy"], report_of(whole)["privacy"]
    assert one["steps"] < other["steps"] and one["epsilon"] < other["epsilon"]


def test_two_runs_of_one_seed_draw_other_noise(make_run):
    """The seed stands on the card; noise that followed from it could be taken off again."""
    one, other = private_run(make_run, "one"), private_run(make_run, "other")
    assert fit(one) == fit(other) == SUCCEEDED
    assert losses(one) != losses(other)


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-m", "training.engine", "fit", str(folder), "--verbose"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_killed_it_goes_on_to_the_same_losses_and_spends_the_same(make_run):
    """With the same secret: the one that lies beside the checkpoints, given to both runs here."""
    folders = [
        private_run(make_run, name, epochs=10, checkpoint_steps=7, dropout=0.1)
        for name in ("broken", "whole")
    ]
    for folder in folders:
        give_key(folder)
    broken, whole = folders
    assert fit(whole) == SUCCEEDED
    process = start(broken)
    assert any('"step": 30, "total_steps"' in line for line in process.stdout)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert fit(broken) == SUCCEEDED
    assert any(event["state"] == "resumed" for event in events(broken, "state"))
    ours, theirs = losses(broken), losses(whole)
    assert set(ours) == set(theirs) == set(range(1, 61))
    assert max(abs(ours[step] - theirs[step]) for step in ours) <= 1e-6
    assert report_of(broken)["privacy"] == report_of(whole)["privacy"]
    one, other = (load_file(folder / "model" / "model.safetensors") for folder in folders)
    assert max(float((one[name] - other[name]).abs().max()) for name in one) <= 1e-6


def test_the_secret_is_kept_from_others_and_tied_to_the_data(tmp_path):
    one = Secret.of(tmp_path, about="data 1")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
    assert Secret.of(tmp_path, about="data 1").seed("noise", 1) == one.seed("noise", 1)
    assert Secret.of(tmp_path, about="data 2").seed("noise", 1) != one.seed("noise", 1)
    (tmp_path / KEY_FILE).write_bytes(b"half")  # killed while it was written
    assert Secret.of(tmp_path, about="data 1").seed("noise", 1) != one.seed("noise", 1)
    assert len((tmp_path / KEY_FILE).read_bytes()) == 32


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"fit_head_first": True}, "fit_head_first"), ({"freeze_embeddings": False}, "freeze_embeddings"),
        ({"class_weights": "balanced"}, "class_weights"), ({"label_names": True}, "label_names"),
        ({"compile": "graphs"}, "compile"), ({"head": "embedding"}, "Vectors"),
        ({"batch_tokens": 999}, "batch_tokens"), ({"processes": 2}, "one process"),
        ({"dp_epsilon": 3.0}, "not both"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_it_is_refused_by_name(setting, named):
    with pytest.raises(EngineError, match=named):
        FitConfig(**{"head": "choice", "field": CHOICE_FIELD, **DP, **setting})


def test_the_named_recipe_sets_what_is_needed():
    config = FitConfig(head="choice", field=CHOICE_FIELD, **written_out({"name": PRIVATE, "dp_epsilon": 3.0}))
    assert config.is_private and config.dp_epsilon == 3.0
    assert not FitConfig(head="choice", field=CHOICE_FIELD).is_private


def test_a_delta_that_promises_nothing_is_refused(make_run):
    folder = private_run(make_run, "run", dp_delta=0.05)
    assert fit(folder) != SUCCEEDED
    assert "dp_delta" in events(folder, "state")[-1]["reason"]


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(EngineError, match="No noise"):
        budget.noise_for(1e-9, rate=1.0, steps=10_000, delta=1e-9)


@pytest.mark.parametrize(("tuned", "moved"), [(0, set()), (1, {"1"}), (2, {"0", "1"}), (-1, {"0", "1"})])
def test_only_the_top_layers_learn_where_the_recipe_says_so(tuned, moved, make_run, tiny_model):
    folder = private_run(make_run, "run", tuned_layers=tuned, epochs=1)
    assert fit(folder) == SUCCEEDED
    before, after = (load_file(path / "model.safetensors") for path in (tiny_model, folder / "model"))
    layers = {name: tensor for name, tensor in after.items() if "encoder.layer." in name}
    changed = {name for name, tensor in layers.items() if not torch.equal(tensor, before[name])}
    assert {name.split("encoder.layer.")[1][0] for name in changed} == moved


def test_the_usual_loop_promises_nothing():
    assert Loop.statement(None) is None
    assert math.isclose(budget.usual_delta(100), 0.001)
