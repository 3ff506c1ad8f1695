"""What an export leaves out, counted with the reason; and that it refuses where nothing says it may."""

from django.db import connection
from django.utils.translation import gettext as _

from annotations.exporting.rows import OPTED_OUT, PERMITTED, Export
from annotations.permission import RESTS_ON_SILENT
from common.errors import Conflict, Problem

_COUNT = f"""
SELECT count(*) FILTER (WHERE i.consent IS NOT DISTINCT FROM false),
       count(*) FILTER (WHERE i.restricted AND i.consent IS DISTINCT FROM false),
       count(*) FILTER (WHERE {OPTED_OUT} AND NOT i.restricted AND i.consent IS DISTINCT FROM false),
       count(*) FILTER (WHERE i.consent IS DISTINCT FROM false AND NOT i.restricted AND NOT {OPTED_OUT}
                              AND NOT ({PERMITTED})),
       count(*) FILTER (WHERE {PERMITTED})
FROM tasks_app_item i WHERE i.project_id = %(project)s AND i.state <> %(withdrawn)s
"""  # noqa: S608 - constants of ours
_SILENT = RESTS_ON_SILENT.format(row="c", silent="%(silent)s")
_VALUES = f"""
SELECT count(*) FROM annotations_consensus c
WHERE c.project_id = %(project)s AND c.state IN %(final)s AND {_SILENT}
"""  # noqa: S608 - constants of ours
_ANSWERS = """
SELECT count(*) FROM annotations_answer
WHERE project_id = %(project)s AND NOT extra AND worker_id = ANY(%(silent)s::uuid[])
"""


def left_out(export: Export) -> dict[str, int]:
    """Reason -> how many are left out; only reasons that there are.

    Items: `no_consent`, `restricted`, `opted_out` (of sharing), `no_terms` (neither they nor the project have
    licence and legal basis). `values_of_silent` and `answers_of_silent`: by people who took their consent
    back or opted out of sharing.
    """
    counts, _permitted = _items(export)
    if export.silent:
        counts["values_of_silent"] = _one(_VALUES, export)
        counts["answers_of_silent"] = _one(_ANSWERS, export)
    return {reason: count for reason, count in counts.items() if count}


def check_terms(export: Export) -> dict[str, int]:
    """What is left out. Raises Conflict where all of it would be, because nobody has said what allows it."""
    counts, permitted = _items(export)
    if counts["no_terms"] and not permitted:
        raise Conflict(
            _("State the licence and the legal basis of this project's texts first, in its settings."),
            code="terms_missing",
            problems=[
                Problem(f"/{name}", "required", detail)
                for name, said, detail in (
                    ("data_licence", export.project.licence, _("The licence of the texts is missing.")),
                    ("data_basis", export.project.legal_basis, _("The legal basis is missing.")),
                )
                if not said
            ],
        )
    return left_out(export)


def counted(export: Export) -> str:
    """For a card: "no_consent 3, restricted 1", or "nothing"."""
    return ", ".join(f"{reason} {count}" for reason, count in left_out(export).items()) or "nothing"


def _items(export: Export) -> tuple[dict[str, int], int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, export.parameters())
        *counts, permitted = cursor.fetchone()
    return dict(zip(("no_consent", "restricted", "opted_out", "no_terms"), counts, strict=True)), permitted


def _one(statement: str, export: Export) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, export.parameters())
        return int(cursor.fetchone()[0])
