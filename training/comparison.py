"""A version against the one in production, on the very same frozen test items."""

import json
import logging
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from training import tables, versus
from training.engine.errors import EngineError
from training.models import ModelVersion, Run
from training.registration import figure

logger = logging.getLogger(__name__)

Comparison = dict[str, Any]


def compare(version: ModelVersion) -> Comparison | None:
    """{production, metric, candidate, current, labels, parts} on the test items of `version`'s snapshot.

    `parts` are those of versus.differences; empty where what came of each item cannot be told any more.

    None where nothing (else) is in production. Remembered with the run until production changes. Raises
    OSError when the version in production cannot be evaluated.
    """
    production = production_of(version)
    if production is None:
        return None
    known: Comparison | None = version.run.comparison
    if known and known["production"] == production.number and "parts" in known:
        return known
    test = _report_on_test_of(production, version)
    metric = version.metrics["metric"]
    comparison = {
        "production": production.number,
        "metric": metric,
        "candidate": version.metrics["test"],
        "current": figure(test, metric),
        "labels": {name: row["f1"] for name, row in test.get("labels", {}).items()},
        **{mean: test[mean]["f1"] for mean in tables.MEANS if mean in test},
        **{name: test[name] for name in tables.FIGURES if name in test},
        "parts": _parts(version, production),
    }
    Run.objects.filter(pk=version.run_id).update(comparison=comparison)
    version.run.comparison = comparison
    return comparison


def _parts(version: ModelVersion, production: ModelVersion) -> list[dict[str, Any]]:
    try:
        return versus.differences(version, production)
    except EngineError as error:
        logger.warning("Version %s is compared by its report alone: %s", version.pk, error)
        return []


def production_of(version: ModelVersion) -> ModelVersion | None:
    """The version in production that `version` would replace."""
    serving = ModelVersion.objects.filter(model=version.model_id, stage=ModelVersion.Stage.PRODUCTION)
    return serving.select_related("snapshot", "run").exclude(pk=version.pk).first()


def compare_quietly(version: ModelVersion) -> None:
    """For the run's page. The gate asks again, so that a failure here costs nothing but the picture."""
    try:
        compare(version)
    except OSError as error:
        logger.warning("Version %s is not compared with production: %s", version.pk, error)


def compare_by_id(version_id: UUID) -> None:
    compare_quietly(ModelVersion.objects.select_related("model", "run", "snapshot").get(pk=version_id))


def _report_on_test_of(production: ModelVersion, version: ModelVersion) -> dict[str, Any]:
    name = f"{version.run.field}/test.arrow"
    tested_on: Any = production.snapshot.files.get(name)
    if tested_on == version.snapshot.files[name] and production.run.report:
        report: dict[str, Any] = production.run.report["test"]  # the same bytes were tested before
        return report
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "report.json")
        versus.evaluate(production, version.snapshot.folder / name, out)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found
