"""The versions of a project's fields, and two of them compared."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from annotations.schema_fit import Fit, fit_of
from common.errors import NotFound
from tasks_app import access, selectors
from tasks_app.designer.change_words import in_words
from tasks_app.designer.comparing import Change, compare
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project
from tasks_app.requester_views import project_page


def versions_compared(project: Project, older: str, newer: str) -> dict[str, Any]:
    """By number; without numbers the last two. NotFound for a number that there is not."""
    rows = selectors.schema_versions(project)
    by_number = {str(row["number"]): row for row in rows}
    latest = rows[0] if rows else None
    new = by_number.get(newer) if newer else latest
    old = by_number.get(older) if older else _before(rows, new)
    if (older and old is None) or (newer and new is None):
        raise NotFound(gettext("There is no such version."))
    changes: list[Change] = compare(old["fields"], new["fields"]) if old and new else []
    fit: Fit | None = None
    if old and new and old["answers"]:
        fit = fit_of(old["id"], project.pk, parse_fields(new["fields"]))
    return {"versions": rows, "older": old, "newer": new, "changes": changes, "fit": fit}


def _before(rows: list[dict[str, Any]], newer: dict[str, Any] | None) -> dict[str, Any] | None:
    if newer is None:
        return None
    return next((row for row in rows if row["number"] < newer["number"]), None)


@login_required
@require_GET
def project_schemas(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    found = versions_compared(project, request.GET.get("older", ""), request.GET.get("newer", ""))
    context = project_page(request, project, "settings", **found, shown=in_words(found["changes"]))
    return render(request, "annotations/schemas.html", context)
