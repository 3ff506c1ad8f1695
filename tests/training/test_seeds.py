"""One recipe from several seeds: each trained, the best on dev kept, the spread told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from common.errors import Invalid
from tasks_app.models import Project
from training import execution, seeds
from training.journal import Point
from training.models import ModelVersion, Run
from training.run_page import RunPage
from training.seed_spread import SeedSpread
from training.services.runs import start_run

Make = Callable[..., Run]


@pytest.fixture
def queued(approved: Project, admin: User, quick_recipe: dict[str, Any]) -> Make:
    return lambda **more: start_run(
        project=approved, field="intent", recipe={**quick_recipe, **more}, actor=admin
    )


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, []),
        ({"seeds": 1}, []),
        ({"seeds": 3}, [13, 14, 15]),
        ({"seeds": 2, "seed": 40}, [40, 41]),
        ({"seeds": [5, 1]}, [5, 1]),
    ],
)
def test_which_seeds_a_recipe_names(recipe: dict[str, Any], expected: list[int]) -> None:
    assert seeds.seeds_of(recipe) == expected


@pytest.mark.parametrize("asked", [0, 11, True, "3", [1, 1], [-1, 2], [], 2.5])
def test_seeds_that_make_no_sense_are_refused(queued: Make, asked: object) -> None:
    with pytest.raises(Invalid) as refused:
        queued(seeds=asked)
    assert [problem.pointer for problem in refused.value.problems] == ["/recipe/seeds"]


def test_the_best_on_dev_is_kept_whatever_the_test_items_say(tmp_path: Path) -> None:
    for seed, dev, test in ((1, 0.8, 0.9), (2, 0.9, 0.1), (3, 0.9, 0.95)):
        folder = seeds.folder_of(tmp_path, seed)
        (folder / "model").mkdir(parents=True)
        (folder / "model" / "head.json").write_text(str(seed))
        report = {part: {"accuracy": value} for part, value in (("dev", dev), ("test", test))}
        (folder / "report.json").write_text(json.dumps(report))
        seeds.note(tmp_path, seed, "accuracy")
    assert not (seeds.folder_of(tmp_path, 3) / "model").exists(), "only the best weights take room"
    for _attempt in range(2):  # a trainer that dies while it crowns does it again
        seeds.crown(tmp_path, "accuracy")
        assert (tmp_path / "model" / "head.json").read_text() == "2"
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["test"] == {"accuracy": 0.1} and report["seeds"]["chosen"] == 2
    assert report["seeds"]["dev"]["mean"] == pytest.approx(2.6 / 3)
    assert report["seeds"]["dev"]["deviation"] == pytest.approx(0.057735, abs=1e-6)


def test_a_run_of_several_seeds_becomes_one_version(queued: Make, admin: User) -> None:
    run = queued(seeds=[3, 8])
    execution.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.progress) == ("succeeded", 1.0), run.log
    reached = run.report["seeds"]["reached"]
    assert [one["seed"] for one in reached] == [3, 8] and all(one["test"] is not None for one in reached)
    version = ModelVersion.objects.get(run=run)
    head = json.loads((version.folder / "head.json").read_text())
    chosen = run.report["seeds"]["chosen"]
    config = json.loads((seeds.folder_of(run.folder, chosen) / "config.json").read_text())
    assert config["seed"] == chosen and head["config_hash"] == version.config_hash
    assert version.metrics["seeds"] == run.report["seeds"]
    told = {(point.values["seed"], point.values["seed_step"]) for point in run.points.filter(kind="step")}
    last = max(step for _seed, step in told)
    assert told == {(seed, step) for seed in (3, 8) for step in range(1, last + 1)}
    assert "seed 3" in run.log and "seed 8" in run.log
    client = Client()
    client.force_login(admin)
    page = client.get(f"/training/runs/{run.pk}/").content.decode()
    assert 'id="seeds"' in page and "best on dev" in page and "seed 8" in page


def test_seeds_that_are_done_are_not_trained_again(queued: Make, admin: User) -> None:
    run = queued(seeds=[3, 8])
    execution.execute(run.pk)
    first = json.loads((run.folder / "seeds.json").read_text())
    lines = (seeds.folder_of(run.folder, 3) / "metrics.jsonl").read_text()
    ModelVersion.objects.all().delete()
    (run.folder / "seeds.json").write_text(json.dumps(first[:1]))
    Run.objects.filter(pk=run.pk).update(state="queued", report=None)
    execution.execute(run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.reason
    assert (seeds.folder_of(run.folder, 3) / "metrics.jsonl").read_text() == lines
    assert json.loads((run.folder / "seeds.json").read_text()) == first, "the same seeds reach the same"


def test_a_gain_smaller_than_seeds_differ_is_called_so() -> None:
    run = Run(
        state="succeeded", report={"seeds": {"reached": [{}, {}], "test": {"mean": 0.8, "deviation": 0.02}}}
    )
    run.comparison = {"production": 3, "candidate": 0.81, "current": 0.80, "labels": {}}
    words, tone = RunPage(run=run, metric="accuracy").production_delta
    assert "less than seeds differ (± 0.020)" in words and tone == ""
    run.comparison["candidate"] = 0.85
    words, tone = RunPage(run=run, metric="accuracy").production_delta
    assert "seeds" not in words and tone == "good"


def test_each_seed_has_a_line_of_its_own() -> None:
    points = [
        seeds.apart(Point("step", step, {"loss": 1.0}), seed, part)
        for part, seed in enumerate((4, 9))
        for step in (1, 2)
    ]
    page = RunPage(run=Run(), points=points)
    lines = [line for line in page.curves["data"] if line["name"].startswith("training loss")]
    assert [line["name"] for line in lines] == ["training loss, seed 4", "training loss, seed 9"]
    assert [list(line["x"]) for line in lines] == [[1, 2], [1, 2]] and page.last_step == 2


def test_the_spread_reads_well() -> None:
    reached = [{"seed": 1, "dev": 0.5, "test": None}, {"seed": 2, "dev": 0.7, "test": None}]
    shown = SeedSpread({"reached": reached, "chosen": 2, **seeds.spread(reached)})
    assert shown.text == "mean of 2 seeds 0.600 ± 0.141" and shown.deviation == pytest.approx(
        0.1414, abs=1e-4
    )
    assert [row[0]["text"] for row in shown.rows] == ["1", "2", "mean", "standard deviation"]
