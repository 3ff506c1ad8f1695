"""The figures of an application: measured by a worker, anew for each version that comes into production."""

import logging
from dataclasses import asdict
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from applications.asking import in_production
from applications.kinds import Figure, Kind, kind_of
from applications.models import Measured
from common.errors import DomainError
from common.turns import turn
from privacy.pii.logs import message_of
from tasks_app.models import Project
from training.engine.errors import EngineError

logger = logging.getLogger(__name__)


def measure(project: Project, kind: Kind) -> Measured:
    """Measure now and keep it. What goes wrong is kept as the reason, beside the old figures as they were."""
    row, _new = Measured.objects.get_or_create(project=project)
    wish, versions = row.wanted_at, versions_of(project, kind)
    changes: dict[str, object] = {"tried": versions}
    try:
        figures = [asdict(figure) for figure in kind.measure(project)]
        changes |= {"values": figures, "versions": versions, "measured_at": timezone.now(), "reason": ""}
    except (DomainError, EngineError, OSError) as error:
        changes["reason"] = str(error)[:500]
    except Exception as error:
        logger.exception("The application of %s could not be measured", project.pk)
        changes["reason"] = (_("An error of ours: %s") % message_of(error))[:500]
    Measured.objects.filter(pk=row.pk).update(**changes)
    # A wish that came meanwhile is about what may have changed meanwhile: it stays.
    Measured.objects.filter(pk=row.pk, wanted_at=wish).update(wanted_at=None)
    row.refresh_from_db()
    return row


def figures_of(row: Measured) -> list[Figure]:
    return [Figure(**value) for value in row.values]


def versions_of(project: Project, kind: Kind) -> dict[str, int]:
    """The number of the version that answers now, for each field that has one."""
    found = {name: in_production(project, name) for name in (*kind.fields, *kind.optional)}
    return {name: version.number for name, version in found.items() if version is not None}


def stale() -> list[UUID]:
    """Projects whose figures somebody wants, or whose versions have changed since."""
    rows = Measured.objects.select_related("project")
    return [row.pk for row in rows if row.wanted_at is not None or _changed(row)]


def _changed(row: Measured) -> bool:
    kind = kind_of(row.project)
    return kind is not None and row.tried != versions_of(row.project, kind)


def measure_stale(project_id: UUID) -> None:
    with turn(f"application figures {project_id}") as mine:
        row = Measured.objects.select_related("project").filter(pk=project_id).first()
        kind = kind_of(row.project) if row else None
        if mine and row is not None and kind is not None and (row.wanted_at or _changed(row)):
            measure(row.project, kind)
