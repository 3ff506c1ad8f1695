"""Rows as JSON: what the REST paths answer with."""

from dataclasses import asdict
from typing import Any

from training import leaks, queue
from training.erasure_card import erasures_json
from training.gate import Guards
from training.models import Model, ModelVersion, Recipe, Run, Search, Snapshot, Trial
from training.trainers import Desk


def snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": str(snapshot.pk),
        "project": str(snapshot.project_id),
        "number": snapshot.number,
        "sha256": snapshot.sha256,
        "fields": snapshot.fields,
        "counts": snapshot.counts,
        "people": snapshot.people,
        "summary": snapshot.summary,
        "withdrawn_at": snapshot.withdrawn_at,
        "created_at": snapshot.created_at,
    }


def run_json(run: Run) -> dict[str, Any]:
    version: ModelVersion | None = getattr(run, "version", None)
    return {
        "id": str(run.pk),
        "project": str(run.project_id),
        "number": run.number,
        "field": run.field,
        "snapshot": str(run.snapshot_id) if run.snapshot_id else None,
        "state": run.state,
        "priority": run.get_priority_display().lower(),
        "progress": run.progress,
        "seconds_left": run.seconds_left,
        "device": run.device,
        "reason": run.reason,
        "attempt": run.attempt,
        "recipe": run.recipe,
        "search": search_json(run.search) if hasattr(run, "search") else None,
        "evaluation": run.report,
        "comparison": run.comparison,
        "model": {"name": version.model.name, "version": version.number} if version else None,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def search_json(search: Search) -> dict[str, Any]:
    return {
        "trials": search.trials_wanted,
        "minutes": search.minutes,
        "space": search.space,
        "pruner": search.pruner,
        "final": search.final,
        "state": "done" if search.done_at else "searching",
        "metric": search.metric,
        "best": trial_json(search.best) if search.best else None,
        "importance": search.importance,
        "recipe": recipe_json(search.recipe) if search.recipe else None,
    }


def trial_json(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state,
        "params": trial.params,
        "value": trial.value,
        "values": [{"epoch": epoch, "value": value} for epoch, value in trial.values],
        "device": trial.device,
        "reason": trial.reason,
        "started_at": trial.started_at,
        "finished_at": trial.finished_at,
    }


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    return {
        "id": str(recipe.pk),
        "project": str(recipe.project_id) if recipe.project_id else None,
        "name": recipe.name,
        "head": recipe.head,
        "settings": recipe.settings,
        "metric": recipe.metric,
        "value": recipe.value,
        "run": str(recipe.origin_id) if recipe.origin_id else None,
        "created_at": recipe.created_at,
    }


def run_with_metrics(run: Run) -> dict[str, Any]:
    """The run, its place in the queue, and the last figures of each kind with the step they belong to."""
    latest = run.points.order_by("kind", "-step").distinct("kind")
    return {
        **run_json(run),
        "position": queue.place_of(run) if run.state == Run.State.QUEUED else None,
        "metrics": {point.kind: {"step": point.step, **point.values} for point in latest},
    }


def desk_json(desk: Desk) -> dict[str, Any]:
    """`results` is null when Redis cannot be asked. Memory in MiB."""
    found = None if desk.trainers is None else [
        {"name": one.name, **asdict(one.machine), "outdated": one.machine.is_old} for one in desk.trainers
    ]  # fmt: skip
    return {"results": found, "slots": desk.slots, "waiting": desk.waiting, "running": desk.running}


def version_json(version: ModelVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "stage": version.stage,
        "run": str(version.run_id),
        "snapshot": str(version.snapshot_id),
        "metrics": version.metrics,
        "privacy": leaks.figures(version.run.report),
        "config_hash": version.config_hash,
        "hub": version.hub,
        "created_at": version.created_at,
        "promoted_at": version.promoted_at,
        "retired_at": version.retired_at,
        "quarantined_at": version.quarantined_at,
        "erasures": erasures_json(version),
    }


def model_json(model: Model) -> dict[str, Any]:
    return {
        "id": str(model.pk),
        "name": model.name,
        "project": str(model.project_id),
        "field": model.field,
        "head": model.head,
        "guards": asdict(Guards.from_json(model.guards)),
        "created_at": model.created_at,
    }
