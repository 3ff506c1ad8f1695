from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.http import SignedIn
from applications import access


@login_required
def application(request: SignedIn, project_id: UUID) -> HttpResponse:
    """To the page of the project's own kind of application."""
    project, kind = access.project_with(request.user, project_id)
    return redirect(kind.page, project.pk)
