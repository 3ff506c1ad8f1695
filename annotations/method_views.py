"""What the owner decides on the quality page about how answers are weighed."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedIn
from annotations.services.methods import fix_method
from tasks_app.access import project_for


@login_required
@require_POST
def fix(request: SignedIn, project_id: UUID, field: str) -> HttpResponse:
    project = project_for(request.user, project_id)
    fix_method(project=project, field=field, method=request.POST.get("method", ""), actor=request.user)
    messages.success(request, _("Taken down; the next fit weighs the answers this way."))
    return redirect("project-quality", project_id=project.pk)
