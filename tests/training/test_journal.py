import json
from pathlib import Path
from typing import Any

from training.journal import Journal


def write(path: Path, *events: dict[str, Any], tail: str = "") -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write("".join(json.dumps(event) + "\n" for event in events) + tail)


def step(number: int, **more: Any) -> dict[str, Any]:
    return {"event": "step", "time": 0, "step": number, "progress": number / 10, **more}


def test_it_reads_what_is_new_and_leaves_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    journal = Journal(path)
    journal.read()
    write(path, step(1), tail='{"event": "st')
    journal.read()
    assert [point.step for point in journal.take_points()] == [1] and journal.progress == 0.1
    write(path, tail='ep", "step": 2, "progress": 0.2, "seconds_left": 3.5}\n')
    journal.read()
    assert [point.step for point in journal.take_points()] == [2] and journal.seconds_left == 3.5
    journal.read()
    assert journal.take_points() == []


def test_a_step_said_twice_keeps_its_last_figures(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, step(1, loss=9.0), step(2, loss=8.0), step(2, loss=7.0))
    journal = Journal(path)
    journal.read()
    assert [(point.step, point.values["loss"]) for point in journal.take_points()] == [(1, 9.0), (2, 7.0)]


def test_points_that_could_not_be_stored_come_again_but_never_over_newer_ones(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, step(1, loss=9.0))
    journal = Journal(path)
    journal.read()
    taken = journal.take_points()
    write(path, step(1, loss=5.0))
    journal.read()
    journal.give_back(taken)
    assert [point.values["loss"] for point in journal.take_points()] == [5.0]


def test_torn_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"event": "step", "st\n[1]\n' + json.dumps(step(3)) + "\n", encoding="utf-8")
    journal = Journal(path)
    journal.read()
    assert [point.step for point in journal.take_points()] == [3]


def test_the_log_tells_states_epochs_and_messages(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(
        path,
        {"event": "state", "time": 0, "state": "running", "device": "CPU", "rows": {"train": 3}},
        {"event": "eval", "time": 1, "epoch": 0, "step": 5, "metric": "accuracy", "value": 0.5, "best": True},
        {"event": "log", "time": 2, "level": "warning", "message": "Out of memory"},
        {"event": "state", "time": 3, "state": "failed", "reason": "No space left"},
    )
    journal = Journal(path)
    journal.read()
    assert journal.device == "CPU" and journal.reason == "No space left"
    assert journal.log.splitlines() == [
        "00:00:00 running device=CPU",
        "00:00:01 epoch 1: accuracy 0.5 on dev best=True",
        "00:00:02 warning: Out of memory",
        "00:00:03 failed reason=No space left",
    ]
