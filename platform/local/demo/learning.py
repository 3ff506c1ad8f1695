"""The admin's steps: snapshot, training runs, evaluation, promotion, and the first predictions."""

from collections.abc import Mapping
from typing import Any

from local.demo.measure import same
from local.demo.stage import Deadline, Stage, StepFailed

# Turns are a sixth as long as dialogues, and eight times as many: larger steps cost less per example.
SPAN_RECIPE = {"batch_examples": 16, "learning_rate": 0.0003}
TRAINED = (
    "qa",
    "intent",
)  # a third run, for the emotions, would take the demo past its five minutes on two cores
PREDICTED = 5


def take_snapshot(stage: Stage, deadline: Deadline) -> str:
    stage.snapshot = stage.admin.snapshot(stage.project)
    return stage.snapshot


def train(stage: Stage, deadline: Deadline) -> str:
    """Start a run per field and follow them; the trainer takes them one after another."""
    recipes = {
        one.name: {**stage.recipe, **(SPAN_RECIPE if one.type == "span" else {})}
        for one in stage.fields if one.name in TRAINED
    }  # fmt: skip
    started = {
        name: stage.admin.start_run(stage.project, name, stage.snapshot, recipe)
        for name, recipe in recipes.items()
    }

    def finished() -> bool:
        for name, run in started.items():
            if name not in stage.runs or not stage.runs[name].finished:
                stage.runs[name] = stage.admin.run(run)
        return all(run.finished for run in stage.runs.values())

    deadline.poll(finished, "training", every=1.0)
    for name, run in stage.runs.items():
        if run.state != "succeeded":
            why = run.reason or "no reason given"
            raise StepFailed(f"the run for “{name}” ended as “{run.state}”: {why}")
    return ", ".join(recipes)


def evaluate(stage: Stage, deadline: Deadline) -> str:
    """Take over the reports that the engine made on the frozen test items."""
    for name, run in stage.runs.items():
        if not run.test.get("labels"):
            raise StepFailed(f"the run for “{name}” has no report on the test items")
        stage.report.evaluation[name] = run.test
        stage.report.baseline[name] = run.baseline
    return ", ".join(f"{name} {_headline(run.test):.3f}" for name, run in stage.runs.items())


def _headline(test: Mapping[str, Any]) -> float:
    """Micro F1: for single choices that is the accuracy; for spans the strict figure, not that of tokens."""
    value = test.get("micro", test.get("accuracy", 0.0))
    return float(value["f1"] if isinstance(value, Mapping) else value)


def promote(stage: Stage, deadline: Deadline) -> str:
    for name, run in stage.runs.items():
        stage.admin.promote(run.model, run.version)
        stage.report.models[name] = f"{run.model} v{run.version}"
    return ", ".join(stage.report.models.values())


def predict(stage: Stage, deadline: Deadline) -> str:
    """Ask each model about some test dialogues and say with a thumb whether it was right."""
    items = [item for item, dialogue in stage.dialogue_of.items() if dialogue.split == "test"][:PREDICTED]
    payloads = [{"turns": list(stage.shown[item])} for item in items]
    right = asked = 0
    for one in stage.fields:
        if one.name not in stage.runs:
            continue
        ids, values = stage.admin.predict(stage.runs[one.name].model, payloads)
        for item, prediction, value in zip(items, ids, values, strict=True):
            good = same(one, value, stage.truths[item][one.name], {"turns": stage.shown[item]})
            stage.admin.feedback(prediction, "up" if good else "down")
            right, asked = right + good, asked + 1
    return f"{asked} predictions, {right} thumbs up"
