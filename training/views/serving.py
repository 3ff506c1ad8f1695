"""Buttons of a model's page that decide how its versions come to answer."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common.errors import Conflict
from training import access, serving_page
from training.forms import RolloutForm, RuntimeForm, SuggestForm
from training.models import Rollout
from training.services import preannotations, rollouts, runtimes


@login_required
@require_GET
def serving(request: SignedIn, name: str) -> HttpResponse:
    """What changes while suggestions are made and trials run."""
    model = access.model_for(request.user, name)
    return render(request, "training/_serving.html", serving_page.context(model))


@login_required
@require_POST
def suggest(request: SignedIn, name: str, number: int) -> HttpResponse:
    version = access.version_for(request.user, name, number)
    form = SuggestForm(request.POST)
    if not form.is_valid():
        raise Conflict(_("Give a share from 1 to 100 %."))
    preannotations.start_preannotation(version=version, actor=request.user, share=form.share())
    messages.success(request, _("Suggestions by version %d are being made.") % number)
    return redirect("model", name)


@login_required
@require_POST
def cancel_suggestions(request: SignedIn, name: str, wish_id: UUID) -> HttpResponse:
    wish = access.preannotation_for(request.user, wish_id)
    preannotations.cancel_preannotation(wish=wish, actor=request.user)
    messages.success(request, _("Cancelled. The suggestions made so far stay."))
    return redirect("model", name)


@login_required
@require_POST
def start_rollout(request: SignedIn, name: str) -> HttpResponse:
    form = RolloutForm(request.POST)
    if not form.is_valid():
        raise Conflict(_("Choose a version and a share from 1 to 100 %."))
    version = access.version_for(request.user, name, form.cleaned_data["version"])
    kind = form.cleaned_data["kind"]
    rollouts.start_rollout(version=version, kind=kind, share=form.share(), actor=request.user)
    text = _("Version %d answers a share of the callers.") if kind == Rollout.Kind.CANARY else _(
        "Version %d answers in the shadow."
    )  # fmt: skip
    messages.success(request, text % version.number)
    return redirect("model", name)


@login_required
@require_POST
def stop_rollout(request: SignedIn, name: str, rollout_id: UUID) -> HttpResponse:
    rollout = access.rollout_for(request.user, rollout_id)
    rollouts.end_rollout(rollout=rollout, actor=request.user, reason=request.POST.get("reason", "")[:500])
    messages.success(request, _("Stopped. Production answers everybody again."))
    return redirect("model", name)


@login_required
@require_POST
def promote_rollout(request: SignedIn, name: str, rollout_id: UUID) -> HttpResponse:
    rollout = access.rollout_for(request.user, rollout_id)
    version = rollouts.promote_rollout(rollout=rollout, actor=request.user)
    messages.success(request, _("Version %d answers from now on.") % version.number)
    return redirect("model", name)


@login_required
@require_POST
def measure(request: SignedIn, name: str, number: int) -> HttpResponse:
    version = access.version_for(request.user, name, number)
    form = RuntimeForm(request.POST)
    form.is_valid()
    runtimes.measure_runtime(version=version, int8=form.cleaned_data["int8"], actor=request.user)
    messages.success(request, _("It is measured in the background; a minute or two."))
    return redirect("model", name)
