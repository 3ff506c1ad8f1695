"""The record of processing activities and the impact assessment: as pages to print, and as files."""

import csv
from datetime import datetime
from io import StringIO

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from common.errors import NotFound
from privacy import access, impact, register


@login_required
@require_GET
@never_cache
def register_page(request: SignedIn) -> HttpResponse:
    access.require_privacy_desk(request.user)
    context = register_context() | {"printed": timezone.now(), "current": "privacy-desk"}
    return render(request, "privacy/register.html", context)


@login_required
@require_GET
@never_cache
def register_file(request: SignedIn, form: str) -> HttpResponse:
    access.require_privacy_desk(request.user)
    if form == "csv":
        return _file(_csv(), "text/csv; charset=utf-8", "register.csv")
    if form == "json":
        return _json(register.as_json(), "register.json")
    if form == "html":
        return _html(request, "privacy/_register.html", register_context(), _("Record of processing"))
    raise NotFound(_("There is nothing here, or it is not yours to see."))


@login_required
@require_GET
@never_cache
def impact_page(request: SignedIn) -> HttpResponse:
    access.require_privacy_desk(request.user)
    context = impact_context() | {"printed": timezone.now(), "current": "privacy-desk"}
    return render(request, "privacy/impact.html", context)


@login_required
@require_GET
@never_cache
def impact_file(request: SignedIn, form: str) -> HttpResponse:
    access.require_privacy_desk(request.user)
    if form == "json":
        return _json(impact.as_json(), "impact-assessment.json")
    if form == "html":
        return _html(request, "privacy/_impact.html", impact_context(), _("Impact assessment"))
    raise NotFound(_("There is nothing here, or it is not yours to see."))


def register_context() -> dict[str, object]:
    return {
        "controller": register.controller(),
        "activities": register.all_activities(),
        "safeguards": register.all_safeguards(),
    }


def impact_context() -> dict[str, object]:
    risks = impact.risks()
    return {
        "controller": register.controller(),
        "risks": risks,
        "absent": [one for one in register.all_safeguards() if not one.present],
        "high": sum(one.residual == 3 for one in risks),
    }


def _csv() -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([*register.COLUMNS, "settings"])
    for one in register.all_activities():
        settings = "; ".join(f"{name}: {value}" for name, value in one.settings)
        writer.writerow([*(_cell(getattr(one, name)) for name in register.COLUMNS), _cell(settings)])
    return out.getvalue()


def _cell(text: str) -> str:
    """A title that begins like a formula is not to become one in somebody's spreadsheet."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _json(body: dict[str, object], name: str) -> HttpResponse:
    made: datetime = timezone.now()
    response = JsonResponse({"made_at": made, **body}, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _html(request: HttpRequest, part: str, context: dict[str, object], title: str) -> HttpResponse:
    """A file on its own, without this site's style or scripts."""
    body = render_to_string(part, context, request)
    page = render_to_string(
        "privacy/report_file.html", {"title": title, "body": body, "made": timezone.now()}, request
    )
    return _file(page, "text/html; charset=utf-8", f"{part.split('_')[-1]}")


def _file(body: str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
