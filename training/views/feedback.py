from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError, NotFound
from training import access, showing
from training.forms import FeedbackForm
from training.models import Feedback, Prediction
from training.services import cases, feedback


@login_required
@require_POST
def give(request: SignedIn, prediction_id: UUID) -> HttpResponse:
    """Thumbs and a comment from the playground."""
    prediction = access.prediction_for(request.user, prediction_id)
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return render(request, "_error.html", {"detail": _("This cannot be read.")}, status=422)
    try:
        feedback.give_feedback(prediction=prediction, author=request.user, **form.said())
    except DomainError as refused:
        return render(request, "_error.html", {"detail": refused.message}, status=refused.status)
    return render(request, "training/_thanks.html")


@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """An end user's page, reached by the signed link that came with an answer."""
    prediction, end_user = feedback.read_link(token)
    given = prediction.feedback.filter(end_user=end_user).select_related("case__learned_by").first()
    field = showing.field_of(prediction.version)
    form = FeedbackForm(request.POST or None, field=field)
    if request.method == "POST" and form.is_valid() and _kept(form, prediction, end_user=end_user):
        return redirect("feedback-link", token)
    context = {
        "given": given,
        "learned_by": _learned_by(given),
        "form": form,
        **showing.shown(prediction, field),
    }
    return render(request, "training/feedback.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def wrong(request: SignedIn, prediction_id: UUID) -> HttpResponse:
    """Where whoever asked, or runs the project, says what would have been right."""
    prediction = access.prediction_to_judge(request.user, prediction_id)
    given = prediction.feedback.filter(author=request.user).select_related("case__learned_by").first()
    field = showing.field_of(prediction.version)
    form = FeedbackForm(request.POST or None, field=field)
    if request.method == "POST" and form.is_valid() and _kept(form, prediction, author=request.user):
        return redirect("feedback-wrong", prediction_id)
    model = prediction.version.model
    trains = access.projects_of_admin(request.user).filter(pk=model.project_id).exists()
    context = {
        "given": given,
        "learned_by": _learned_by(given),
        "form": form,
        "inbox": reverse("feedback-cases", args=[model.name]) if trains else "",
        **showing.shown(prediction, field),
    }
    return render(request, "training/wrong.html", context, status=422 if form.errors else 200)


def _kept(form: FeedbackForm, prediction: Prediction, **by: Any) -> bool:
    try:
        feedback.give_feedback(prediction=prediction, **by, **form.said())
    except DomainError as refused:
        form.add_error(None, refused.message)
        return False
    return True


def _learned_by(given: Feedback | None) -> int | None:
    return cases.outcome_of(given)[1] if given else None


@login_required
@require_POST
def handled(request: SignedIn, name: str, feedback_id: UUID) -> HttpResponse:
    model = access.model_for(request.user, name)
    row = Feedback.objects.filter(pk=feedback_id, prediction__version__model=model).first()
    if row is None:
        raise NotFound(_("There is no such feedback."))
    feedback.mark_handled(feedback=row, actor=request.user)
    return redirect("model", name)
