"""A run that succeeded becomes a version of its model."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from accounts.services.ends import tell_end
from common import audit
from tasks_app.models import Project
from training import assessing, cards
from training.base_models import hold_base
from training.engine import metrics
from training.engine.config import EMBEDDING
from training.erasing_models import share_fate
from training.models import Model, ModelVersion, Run
from training.services import cases


def register(run: Run, claim: UUID) -> ModelVersion | None:
    """End the run and register its artifact in one transaction; None when the run is another's by now."""
    report = json.loads((run.folder / "report.json").read_text(encoding="utf-8"))
    artifact = json.loads((run.folder / "model" / "card.json").read_text(encoding="utf-8"))
    head = json.loads((run.folder / "model" / "head.json").read_text(encoding="utf-8"))
    report = assessing.assess(run, report, metric_of(run))
    with transaction.atomic():
        hold_base(run)
        now = timezone.now()
        mine = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, claim=claim)
        if not mine.update(
            state=Run.State.SUCCEEDED, claim=None, progress=1, seconds_left=0, report=report, finished_at=now
        ):
            return None
        run.refresh_from_db()
        tell_end(run.end_note(), good=True)
        version = _new_version(run, report, artifact, head)
        share_fate(version)
        cases.note_version(version)
        audit.record(
            "model.registered", version, actor=None, model=version.model.name, version=version.number
        )
    (version.folder / "README.md").write_text(version.card, encoding="utf-8")
    return version


def _new_version(
    run: Run, report: dict[str, Any], artifact: dict[str, Any], head: dict[str, Any]
) -> ModelVersion:
    # One at a time, so that two fields of projects with one title cannot take the same name.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('model names'))")
    model = _model_of(run, head["head"])
    last = model.versions.aggregate(last=Max("number"))["last"] or 0
    version = ModelVersion(
        model=model,
        number=last + 1,
        run=run,
        snapshot=run.snapshot,
        path=str((run.folder / "model").relative_to(settings.ARTIFACTS_DIR)),
        metrics=figures(report, metric_of(run)),
        config_hash=head["config_hash"],
    )
    artifact["report"]["privacy"] = report.get("privacy")  # with what other seeds spent
    version.card_data = cards.card_data(version, artifact)
    version.card = cards.render(version.card_data)
    version.save()
    return version


def _model_of(run: Run, head: str) -> Model:
    known = Model.objects.filter(project=run.project, field=run.field, head=head).first()
    name = f"{run.field}-{EMBEDDING}" if head == EMBEDDING else run.field
    return known or Model.objects.create(
        project=run.project, field=run.field, head=head, name=free_name(run.project, name)
    )


def free_name(project: Project, field: str) -> str:
    """Such as "customer-service-qa"; with a number behind it where another project has taken that."""
    title = slugify(project.title)[:80] or f"project-{str(project.pk)[-8:]}"
    base = f"{title}-{slugify(field)}".strip("-")
    taken = set(Model.objects.filter(name__startswith=base).values_list("name", flat=True))
    return next(
        name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken
    )


def metric_of(run: Run) -> str:
    """The figure by which the best epoch was chosen, and by which versions are compared."""
    last = run.points.filter(kind="eval").order_by("-step").first()
    return str(last.values.get("metric")) if last else "micro_f1"


def figure(report: dict[str, Any] | None, metric: str) -> float | None:
    """One number of a report (engine.metrics.figure); None where nothing was measured."""
    return metrics.figure(report, metric) if report else None


def figures(report: dict[str, Any], metric: str) -> dict[str, Any]:
    return {
        "metric": metric,
        **{part: figure(report.get(part), metric) for part in ("dev", "test", "baseline")},
        **({"seeds": report["seeds"]} if "seeds" in report else {}),
    }
