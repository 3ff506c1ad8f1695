import csv
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from common.spreadsheet import neutral
from tasks_app.access import project_for
from training import access
from training.analysis_page import FilterForm


@login_required
@require_GET
def table(request: SignedIn, project_id: UUID, name: str) -> HttpResponse:
    """What a picture of the analysis shows, with the same filter, as a file."""
    project = project_for(request.user, project_id)
    form = FilterForm(request.GET or None, project=project)
    found = access.collected_table(project, name, form.wanted())
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow([title for _name, title, _numeric in found.columns])
    writer.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in found.rows)
    return response
