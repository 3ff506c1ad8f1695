"""What models process, for the record of processing activities, and the safeguards of training."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from privacy.register import Activity, Safeguard
from training.models import ModelVersion, SnapshotItem


def _in_use() -> list[ModelVersion]:
    stages = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION)
    return list(stages.select_related("model__project", "run").order_by("model__name"))


def _report(version: ModelVersion) -> dict[str, Any]:
    found: dict[str, Any] = (version.card_data or {}).get("evaluation") or {}
    return found


def activities() -> Iterator[Activity]:
    versions = _in_use()
    rows = SnapshotItem.objects.filter(snapshot__in={version.snapshot_id for version in versions})
    counted = dict(rows.values_list("snapshot").annotate(n=Count("pk")))
    for version in versions:
        items = counted.get(version.snapshot_id, 0)
        private = _report(version).get("privacy") or {}
        epsilon = private.get("epsilon")
        yield Activity(
            name=_("Model “%(name)s”, version %(n)s") % {"name": version.model.name, "n": version.number},
            purpose=_("to answer questions about new texts"),
            basis=_("that of its project's texts"),
            subjects=_("people who occur in the texts it learned from; who asks it"),
            data=_("weights learned from %(n)s items; texts of requests after replacement") % {"n": items},
            recipients=_("whoever may ask the model"),
            settings=(
                (_("Project"), version.model.project.title),
                (_("Differential privacy"), f"ε = {epsilon:.2f}" if epsilon else _("no")),
            ),
        )


def safeguards() -> Iterator[Safeguard]:
    versions = _in_use()
    plain = [str(one) for one in versions if not _report(one).get("privacy")]
    unmeasured = [str(one) for one in versions if not _is_measured(one)]
    yield Safeguard(
        key="private_training", present=bool(versions) and not plain, note=", ".join(plain[:5]),
        title=_("Models in use were trained with differential privacy"),
    )  # fmt: skip
    yield Safeguard(
        key="memorisation", present=not unmeasured, note=", ".join(unmeasured[:5]),
        title=_("What models in use give away was measured"),
    )  # fmt: skip


def _is_measured(version: ModelVersion) -> bool:
    return bool(_report(version).get("memorisation") or (version.run.report or {}).get("memorisation"))
