"""The quality of a project as a page and as tables to take along."""

import csv
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from annotations import agreement_page, quality
from annotations.methods import TITLES
from annotations.reviewed import reviewed_of
from annotations.savings import savings_of
from tasks_app.access import project_for
from tasks_app.requester_views import project_page


@login_required
@require_GET
def project_quality(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    found = quality.quality_of(project)
    context = project_page(request, project, "quality", quality=found, money=found.balance, rate=found.rate)
    context["agreement"] = agreement_page.agreement_views(found.fields, found.shapes)
    context["savings"] = savings_of(project, found.progress)
    context["reviewed"] = reviewed_of(project)
    context["methods"] = TITLES.items()
    context["measured"] = any(field.measured for field in found.fields)
    return render(request, "annotations/quality.html", context)


@login_required
@require_GET
def agreement_csv(request: SignedIn, project_id: UUID) -> HttpResponse:
    fields = quality.quality_of(project_for(request.user, project_id)).fields
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="agreement-{project_id}.csv"'
    csv.writer(response).writerows(agreement_page.timeline_rows(fields))
    return response
