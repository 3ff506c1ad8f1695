from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError, NotFound
from training import access, showing
from training.forms import FeedbackForm
from training.models import Feedback
from training.services import feedback


@login_required
@require_POST
def give(request: SignedIn, prediction_id: UUID) -> HttpResponse:
    """Thumbs and a comment from the playground."""
    prediction = access.prediction_for(request.user, prediction_id)
    form = FeedbackForm(request.POST)
    form.is_valid()
    try:
        feedback.give_feedback(prediction=prediction, author=request.user, **form.cleaned_data)
    except DomainError as refused:
        return render(request, "_error.html", {"detail": refused.message}, status=refused.status)
    return render(request, "training/_thanks.html")


@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """An end user's page, reached by the signed link that came with an answer."""
    prediction, end_user = feedback.read_link(token)
    given = Feedback.objects.filter(prediction=prediction, end_user=end_user).exists()
    form = FeedbackForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        feedback.give_feedback(prediction=prediction, end_user=end_user, **form.cleaned_data)
        return redirect("feedback-link", token)
    field = showing.field_of(prediction.version)
    context = {"given": given, "form": form, **showing.shown(prediction, field)}
    return render(request, "training/feedback.html", context)


@login_required
@require_POST
def handled(request: SignedIn, name: str, feedback_id: UUID) -> HttpResponse:
    model = access.model_for(request.user, name)
    row = Feedback.objects.filter(pk=feedback_id, prediction__version__model=model).first()
    if row is None:
        raise NotFound(_("There is no such feedback."))
    feedback.mark_handled(feedback=row, actor=request.user)
    return redirect("model", name)
