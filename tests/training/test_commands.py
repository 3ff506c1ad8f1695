import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tasks_app.models import Project
from tests.factories import CHOICE, SPAN, make_project
from tests.training.conftest import WORDS, approve
from training.models import ModelVersion, Run

Make = Callable[..., ModelVersion]


def said(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue()


def test_train_queues_a_run_by_title_or_id(approved: Project) -> None:
    assert "run 1 of Customer service, field intent" in said(
        "train", "Customer service", recipe='{"epochs": 2}'
    )
    assert "run 2" in said("train", str(approved.pk), field="intent")
    assert Run.objects.get(number=1).recipe["epochs"] == 2


def test_train_without_a_field_queues_one_run_for_each(db: None) -> None:
    project = make_project(title="Both", fields=[CHOICE, {**SPAN, "name": "qa"}], funds=0)
    approve(project, 60)
    with pytest.raises(CommandError, match="too few"):
        said("train", "Both")


def test_train_reads_a_recipe_from_a_file(approved: Project, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"epochs": 5}', encoding="utf-8")
    said("train", "Customer service", recipe=str(recipe))
    assert Run.objects.get().recipe["epochs"] == 5


@pytest.mark.parametrize(
    ("name", "recipe", "message"),
    [
        ("Nobody's", "{}", "No project"),
        ("Customer service", "{", "no valid JSON"),
        ("Customer service", "/no/such/file", "cannot be read"),
        ("Customer service", '{"epochs": 0}', "/recipe/epochs"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(
    approved: Project, name: str, recipe: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        said("train", name, recipe=recipe)
    assert not Run.objects.exists()


def data(path: Path, *lines: Any) -> Path:
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
    )
    return path


def test_evaluate_prints_a_report(make_version: Make, tmp_path: Path) -> None:
    version = make_version()
    lines = [{"id": label, "text": text, "approved": {"intent": label}} for label, text in WORDS.items()]
    file = data(
        tmp_path / "test.jsonl", *lines, {"id": "other", "text": "x", "approved": {"emotion": "calm"}}
    )
    report = json.loads(said("evaluate", version.model.name, data=file, json=True))
    assert report["rows"] == 3 and set(report["labels"]) == set(WORDS)
    assert f"{version.model.name} version 1, 3 items" in said(
        "evaluate", f"{version.model.name}@1", data=file
    )


def test_evaluate_says_how_far_to_trust_it_and_where(
    make_version: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = make_version()
    lines = [
        {
            "id": label,
            "text": text,
            "approved": {"intent": label},
            "language": label == "other" and "en" or "zh",
        }
        for label, text in WORDS.items()
    ]
    file = data(tmp_path / "test.jsonl", *lines)
    report = json.loads(said("evaluate", version.model.name, data=file, json=True))
    units = {part["name"]: part["units"] for part in report["slices"] if part["kind"] == "language"}
    assert units == {"en": 1, "zh": 2} and report["reliability"]["decisions"] == 3
    said("evaluate", version.model.name, data=file)
    printed = capsys.readouterr().out
    assert "calibration error" in printed and "accuracy of language zh" in printed


@pytest.mark.parametrize(
    ("model", "line", "message"),
    [
        ("nobody", "", "No such model"),
        ("customer-service-intent@9", "", "No such model or version"),
        ("customer-service-intent", "{", "line 1: no valid JSON"),
        ("customer-service-intent", {"turns": 3, "approved": {"intent": "refund"}}, "line 1"),
        ("customer-service-intent", {"text": "x"}, "no line has an answer"),
    ],
)
def test_evaluate_says_what_is_wrong(
    make_version: Make, tmp_path: Path, model: str, line: Any, message: str
) -> None:
    make_version()
    with pytest.raises(CommandError, match=message):
        said("evaluate", model, data=data(tmp_path / "test.jsonl", line))


def test_train_searches_and_takes_a_priority(approved: Project) -> None:
    said("train", str(approved.pk), field="intent", search='{"trials": 4}', priority="high")
    run = Run.objects.get()
    assert (run.search.trials_wanted, run.priority) == (4, Run.Priority.HIGH)
    with pytest.raises(CommandError, match="/search/trials"):
        said("train", str(approved.pk), field="intent", search='{"trials": 0}')
