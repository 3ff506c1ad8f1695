"""Whether an export of everybody's answers tells who somebody is: by languages that one alone answers in."""

from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from annotations.exporting.rows import PERMITTED, Export
from common.errors import Conflict, Problem
from privacy.anonymity import smallest_group

# One row for each person of the export: the languages of the texts that they answered.
_PEOPLE = f"""
SELECT a.worker_id, array_agg(DISTINCT i.language ORDER BY i.language)
FROM annotations_answer a JOIN tasks_app_item i ON i.id = a.item_id
WHERE i.project_id = %(project)s AND i.state <> %(withdrawn)s AND NOT a.extra AND NOT a.held
  AND NOT a.worker_id = ANY(%(silent)s::uuid[]) AND {PERMITTED}
GROUP BY a.worker_id
"""  # noqa: S608 - constants of ours


def check_people(export: Export) -> None:
    """Raises Conflict where the answers of fewer than K_ANONYMITY people stand apart by what they tell."""
    if export.which != "all" or export.merged:
        return
    found = smallest_group(_people(export))
    if found.is_below(settings.K_ANONYMITY):
        detail = _(
            "Only %(n)s of the people in this file answered in these languages: %(values)s. "
            "The columns annotator and language together could tell who they are."
        ) % {"n": found.size, "values": ", ".join(map(str, found.values[0])) or "–"}
        raise Conflict(
            detail + " " + _("Export the approved values, or everybody under one name (people=merged)."),
            code="not_anonymous",
            problems=[
                Problem("/annotator", "not_anonymous", detail),
                Problem("/language", "not_anonymous", detail),
            ],
            k=settings.K_ANONYMITY,
            smallest=found.size,
        )


def _people(export: Export) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, export.parameters())
        return [{"languages": languages} for _worker, languages in cursor.fetchall()]
