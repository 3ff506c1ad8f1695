import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, events, losses, span_rows
from training.engine.artifact import load
from training.engine.data import write_arrow
from training.engine.fit import BUSY, CANCELLED, FAILED, SUCCEEDED, _sole_owner, fit

ROOT = Path(__file__).resolve().parents[3]


def span_run(make_run, name="run", **settings):
    return make_run(name, train=span_rows(24), dev=span_rows(6), test=span_rows(9, prefix="t"), **settings)


def start(folder):
    """The engine as its own process; its events come line by line from the pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "training.engine", "fit", str(folder), "--verbose"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(process, words):
    assert any(words in line for line in process.stdout), f"never said {words!r}"


def test_a_span_run_learns_and_reports(make_run):
    folder = span_run(make_run, epochs=25)
    assert fit(folder) == SUCCEEDED
    report = json.loads((folder / "report.json").read_text())
    assert report["test"]["micro"]["f1"] > 0.95 > report["baseline"]["micro"]["f1"] + 0.5
    assert set(report["test"]["labels"]) == {"color", "size"}
    assert [event["state"] for event in events(folder, "state")] == [
        "starting",
        "running",
        "evaluating",
        "succeeded",
    ]
    assert not (folder / "checkpoints").exists()
    assert events(folder, "step")[-1]["progress"] == 1.0


def test_a_choice_run_overfits_its_few_rows(make_run):
    rows = choice_rows(12)
    folder = make_run(train=rows, dev=rows, field=CHOICE_FIELD, epochs=25, patience=0)
    assert fit(folder) == SUCCEEDED
    assert losses(folder)[75] < 0.05
    report = json.loads((folder / "report.json").read_text())
    assert report["dev"]["accuracy"] == 1.0
    assert report["test"] is None
    assert report["baseline"]["accuracy"] == pytest.approx(1 / 3)


def test_same_seed_same_losses(make_run):
    folders = [span_run(make_run, name, seed=seed) for name, seed in (("a", 5), ("b", 5), ("c", 6))]
    assert [fit(folder) for folder in folders] == [SUCCEEDED] * 3
    first, again, other = map(losses, folders)
    assert first == again
    assert first != other


def test_cutting_a_step_into_micro_batches_changes_nothing(make_run):
    folders = [
        span_run(make_run, name, micro_tokens=size, dropout=0.0) for name, size in (("a", 8192), ("b", 16))
    ]
    assert [fit(folder) for folder in folders] == [SUCCEEDED] * 2
    whole, cut = map(losses, folders)
    assert list(cut.values()) == pytest.approx(list(whole.values()), rel=1e-3)


def test_training_only_the_seen_embeddings_changes_nothing(make_run, monkeypatch):
    first = span_run(make_run, "seen", dropout=0.0)
    assert fit(first) == SUCCEEDED
    monkeypatch.setattr("training.engine.run.shrink_embeddings", lambda encoder, seen: None)
    second = span_run(make_run, "full", dropout=0.0)
    assert fit(second) == SUCCEEDED
    assert list(losses(first).values()) == pytest.approx(list(losses(second).values()), rel=1e-4)


def test_a_loaded_model_says_what_the_run_reported(make_run):
    folder = span_run(make_run, epochs=10)
    fit(folder)
    predictor = load(folder / "model", "cpu")
    report = json.loads((folder / "report.json").read_text())["test"]
    said = predictor.evaluate(span_rows(9, prefix="t"))
    trusted = said.pop("reliability")
    assert said == {key: report[key] for key in said}
    assert set(report) - set(said) == {"loss", "reliability", "reliability_before"}
    assert trusted["ece"] == pytest.approx(report["reliability"]["ece"], abs=1e-5)
    head = json.loads((folder / "model" / "head.json").read_text())
    assert head["name"] == f"thing-{head['config_hash'][:12]}"
    assert not list((folder / "model").glob("*.bin")) + list((folder / "model").glob("*.pt"))


def test_a_model_folder_serves_as_the_next_base_model(make_run):
    first = span_run(make_run, "first")
    fit(first)
    assert fit(span_run(make_run, "second", base_model=str(first / "model"))) == SUCCEEDED


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_to_the_same_losses(make_run):
    settings = {"epochs": 30, "patience": 0, "checkpoint_steps": 7}
    broken, whole = span_run(make_run, "broken", **settings), span_run(make_run, "whole", **settings)
    process = start(broken)
    wait_for(process, '"checkpoint", "step": 21')
    wait_for(process, '"step": 24')
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = max(losses(broken))
    assert fit(broken) == SUCCEEDED
    assert fit(whole) == SUCCEEDED
    resumed = next(event for event in events(broken, "state") if event["state"] == "resumed")
    assert 21 <= resumed["step"] <= before < max(losses(whole))
    assert losses(broken) == losses(whole)
    assert (broken / "report.json").read_text() == (whole / "report.json").read_text()


@pytest.mark.slow
def test_sigterm_stops_with_a_checkpoint_and_the_run_can_go_on(make_run):
    folder = span_run(make_run, epochs=1000, patience=0)
    process = start(folder)
    wait_for(process, '"step": 9')
    process.terminate()
    assert process.wait(timeout=20) == CANCELLED
    assert events(folder, "state")[-1]["state"] == "cancelled"
    assert list((folder / "checkpoints").glob("step-*"))


def test_the_cancel_file_stops_a_run_and_its_removal_lets_it_go_on(make_run):
    folder = span_run(make_run)
    (folder / "cancel").touch()
    assert fit(folder) == CANCELLED
    assert events(folder, "state")[-1]["state"] == "cancelled"
    (folder / "cancel").unlink()
    assert fit(folder) == SUCCEEDED


def test_a_finished_run_started_again_does_nothing(make_run):
    folder = span_run(make_run)
    fit(folder)
    steps = len(events(folder, "step"))
    assert fit(folder) == SUCCEEDED
    assert len(events(folder, "step")) == steps


def test_a_finished_run_with_other_data_is_trained_anew(make_run):
    folder = make_run(train=span_rows(6), dev=span_rows(3), epochs=1)
    assert fit(folder) == SUCCEEDED
    write_arrow(folder / "train.arrow", span_rows(9))
    assert fit(folder) == SUCCEEDED
    card = json.loads((folder / "model" / "card.json").read_text())
    assert card["rows"]["train"] == 9


def test_a_second_process_in_the_same_folder_is_turned_away(make_run):
    folder = span_run(make_run)
    with _sole_owner(folder):
        assert fit(folder) == BUSY
    assert not (folder / "metrics.jsonl").exists()


def test_out_of_memory_halves_the_micro_batch_and_goes_on(make_run, monkeypatch):
    from training.engine.build import Network

    forward = Network.forward

    def small(self, batch):
        if self.training and batch.ids.numel() > 40:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return forward(self, batch)

    folder, plain = span_run(make_run, dropout=0.0), span_run(make_run, "plain", dropout=0.0)
    fit(plain)
    monkeypatch.setattr(Network, "forward", small)
    assert fit(folder) == SUCCEEDED
    assert any("Out of memory" in event["message"] for event in events(folder, "log"))
    assert list(losses(folder).values()) == pytest.approx(list(losses(plain).values()), rel=1e-3)


def bad_label(rows):
    return [replace(rows[0], value=[{**rows[0].value[0], "label": "weight"}]), *rows[1:]]


BAD = {
    "no such base model": ({"base_model": "/nowhere/at/all"}, {}, "/nowhere/at/all does not exist"),
    "a hub name, no net": ({"base_model": "no-such/model"}, {}, "neither a folder nor in the local cache"),
    "no training rows": ({}, {"train": []}, "training set is empty"),
    "no dev rows": ({}, {"dev": []}, "no dev set"),
    "an unknown label": ({}, {"train": bad_label(span_rows(4))}, "unknown label 'weight'"),
    "an unknown setting": ({"learning_rte": 1}, {}, "Unknown settings: learning_rte"),
    "a wrong type": ({"epochs": "3"}, {}, "epochs must be int, not '3'"),
    "out of range": ({"epochs": 0}, {}, "epochs must be between 1 and 1000"),
    "a head for another field": ({"head": "choice"}, {}, "A 'span' field needs that head"),
    "no GPU here": ({"device": "cuda:7"}, {}, "torch sees no GPU here"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_fails_with_one_clear_line(case, make_run, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    settings, data, words = BAD[case]
    folder = make_run(**{"train": span_rows(4), "dev": span_rows(2)} | data, **settings)
    assert fit(folder) == FAILED
    last = events(folder, "state")[-1]
    assert last["state"] == "failed"
    assert words in last["reason"]
    assert "\n" not in last["reason"]


def test_broken_files_fail_with_one_clear_line(make_run, tmp_path):
    folder = span_run(make_run)
    (folder / "dev.arrow").write_bytes(b"not arrow")
    assert fit(folder) == FAILED
    assert "no Arrow file" in events(folder, "state")[-1]["reason"]
    (folder / "config.json").write_text("{")
    assert fit(folder) == FAILED
    assert "no valid JSON" in events(folder, "state")[-1]["reason"]
    assert fit(tmp_path / "absent") == FAILED


def test_checkpoints_of_another_configuration_are_refused(make_run):
    other = span_run(make_run, "other")
    (other / "checkpoints").mkdir()
    (other / "checkpoints" / "step-00000001").mkdir()
    (other / "checkpoints" / "step-00000001" / "state.json").write_text(
        '{"fingerprint": "x", "progress": {}}'
    )
    assert fit(other) == FAILED
    assert "another configuration" in events(other, "state")[-1]["reason"]


def test_a_half_written_event_is_taken_back(make_run):
    folder = span_run(make_run)
    (folder / "metrics.jsonl").write_text('{"event": "log", "message": "whole"}\n{"event": "st')
    assert fit(folder) == SUCCEEDED
    assert events(folder, "log")[0]["message"] == "whole"
