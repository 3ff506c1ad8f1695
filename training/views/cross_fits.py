from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from tasks_app.access import project_for
from training.models import CrossFit
from training.services.cross_fits import ask_cross_fit
from training.views.at_work import at_work


@login_required
@require_GET
def live(request: SignedIn, project_id: UUID, field: str) -> HttpResponse:
    """For the quality page: how far a model is that reads this field's items; nothing while none does."""
    project = project_for(request.user, project_id)
    reading = CrossFit.objects.filter(project=project, field=field).order_by("-created_at").first()
    if "first" in request.GET and (reading is None or not reading.is_live):
        return HttpResponse()
    return at_work(request, reading, _("A model is reading the items"))


@login_required
@require_POST
def ask(request: SignedIn, project_id: UUID, field: str) -> HttpResponse:
    project = project_for(request.user, project_id)
    ask_cross_fit(project=project, field=field, actor=request.user)
    messages.success(
        request, _("A model is reading the items; this page shows what came of it after the next fit.")
    )
    return redirect("project-quality", project_id=project.pk)
