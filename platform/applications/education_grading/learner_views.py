"""The learner's page, reached by the signed link: no account, one column, made for a phone."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications.education_grading import showing
from applications.education_grading.forms import ObjectionForm
from applications.education_grading.models import Submission
from applications.education_grading.services.objections import object_to, read_link
from common.errors import DomainError, NotFound


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, project_id: UUID, token: str) -> HttpResponse:
    """The score, what is missing, and the way to say that it is wrong. Before a release: that it waits."""
    row = read_link(token)
    if row.question.project_id != project_id:
        raise NotFound("")
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            object_to(submission=row, reason=form.cleaned_data["reason"])
            return redirect("grading-learner", project_id, token)
        except DomainError as refused:
            form.add_error(None, refused.message)
    context = {
        "row": row, "question": row.question, "form": form, "shown": showing.shown(row),
        "released": row.state == Submission.State.RELEASED, "disputed": row.disputed_at is not None,
    }  # fmt: skip
    return render(request, "education_grading/learner.html", context, status=422 if form.errors else 200)
