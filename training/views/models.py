from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common.errors import Conflict, DomainError, Invalid
from training import access, erasure_card, gate_page, selectors, serving_page, showing
from training.evaluation_page import EvaluationPage
from training.forms import FeedbackForm, GuardsForm, PromoteForm, TryForm
from training.models import Model, ModelVersion
from training.services import predictions, registry
from training.services.erasures import keep_version
from training.words import TONES, metric_name, state_name

FEEDBACK_SHOWN = 50


@login_required
@require_GET
def models(request: SignedIn) -> HttpResponse:
    access.require_trainer_desk(request.user)
    return render(request, "training/models.html", {"models": selectors.models_overview(request.user)[:200]})


@login_required
@require_GET
def model(request: SignedIn, name: str) -> HttpResponse:
    found = access.model_for(request.user, name)
    return render(request, "training/model.html", _context(found))


def _context(model: Model) -> dict[str, object]:
    versions = list(model.versions.select_related("run", "snapshot", "model").order_by("-number"))
    serving = next((v for v in versions if v.stage == ModelVersion.Stage.PRODUCTION), None)
    return {
        **serving_page.context(model),
        "model": model,
        "current": "models",
        "versions": [
            {
                "row": version,
                "stage": state_name(version.stage),
                "tone": TONES[version.stage],
                "metric": metric_name(version.metrics["metric"]),
                "compared": gate_page.rows(version.run.comparison),
                "erasures": erasure_card.lines_of(version),
                "card": showing.card_html(version.card),
                "evaluation": EvaluationPage(version.run, version.metrics["metric"]),
            }
            for version in versions
        ],
        "serving": serving,
        "can_roll_back": any(
            v.stage == ModelVersion.Stage.ARCHIVED and v.promoted_at and not v.quarantined_at
            for v in versions
        ),
        "has_hub": bool(settings.HUB_TOKEN),
        "compared_columns": gate_page.columns(_("This version"), _("In production")),
        **gate_page.guards(model),
        "try_form": TryForm(),
        "feedback": selectors.feedback_inbox(model)[:FEEDBACK_SHOWN],
    }


@login_required
@require_POST
def promote(request: SignedIn, name: str, number: int) -> HttpResponse:
    version = access.version_for(request.user, name, number)
    form = PromoteForm(request.POST)
    form.is_valid()
    try:
        registry.promote_version(version=version, actor=request.user, **form.cleaned_data)
    except Conflict as refused:
        if "gate" not in refused.extra:
            raise
        context = {**_context(version.model), "refused": refused.message, "refused_version": number}
        return render(request, "training/model.html", context, status=409)
    messages.success(request, _("Version %d answers from now on.") % number)
    return redirect("model", name)


@login_required
@require_POST
def rollback(request: SignedIn, name: str, number: int) -> HttpResponse:
    version = access.version_for(request.user, name, number)
    now = registry.roll_back(version=version, actor=request.user, reason=request.POST.get("reason", "")[:500])
    messages.success(request, _("Version %d answers again.") % now.number)
    return redirect("model", name)


@login_required
@require_POST
def archive(request: SignedIn, name: str, number: int) -> HttpResponse:
    registry.archive_version(version=access.version_for(request.user, name, number), actor=request.user)
    messages.success(request, _("Version %d is archived.") % number)
    return redirect("model", name)


@login_required
@require_POST
def restore(request: SignedIn, name: str, number: int) -> HttpResponse:
    registry.restore_version(version=access.version_for(request.user, name, number), actor=request.user)
    messages.success(request, _("Version %d is a candidate again.") % number)
    return redirect("model", name)


@login_required
@require_POST
def keep(request: SignedIn, name: str, number: int) -> HttpResponse:
    version = access.version_for(request.user, name, number)
    keep_version(version=version, ground=request.POST.get("legal_ground", ""), actor=request.user)
    messages.success(
        request, _("Version %d is out of quarantine; it is archived and can be restored.") % number
    )
    return redirect("model", name)


@login_required
@require_POST
def guards(request: SignedIn, name: str) -> HttpResponse:
    model = access.model_for(request.user, name)
    form = GuardsForm(request.POST)
    if not form.is_valid():
        raise Invalid(
            _("The tolerance is from 0 to 100 points, how well members may be told from 50 to 100.")
        )
    tolerance = form.cleaned_data["points"] / 100
    told = form.cleaned_data["told"]
    registry.set_guards(
        model=model, kinds=form.cleaned_data["kinds"], tolerance=tolerance,
        membership=None if told is None else told / 100, actor=request.user,
    )  # fmt: skip
    messages.success(request, _("The gate is set."))
    return redirect("model", name)


@login_required
@require_POST
def try_out(request: SignedIn, name: str) -> HttpResponse:
    """The playground: one text, one answer, and thumbs."""
    found = access.model_for(request.user, name)
    form = TryForm(request.POST)
    if not form.is_valid():
        return _try_error(request, _("Write something first."))
    version = _version_to_try(request, name, found, form.cleaned_data["version"])
    field = showing.field_of(version)
    try:
        asked = predictions.predict(
            model=found, items=[form.payload(field.scope)], actor=request.user, version=version
        )
    except DomainError as refused:
        details = [problem.detail for problem in refused.problems]
        return _try_error(request, " ".join([refused.message, *details]))
    prediction = asked.predictions[0]
    context = {
        "prediction": prediction,
        "version": version,
        **showing.shown(prediction, field),
        "field": field,
        "percent": round(prediction.confidence * 100),
        "feedback_form": FeedbackForm(),
    }
    return render(request, "training/_answer.html", context)


def _version_to_try(request: SignedIn, name: str, model: Model, number: int | None) -> ModelVersion:
    if number:
        return access.version_for(request.user, name, number)
    newest = model.versions.order_by("-stage", "-number").select_related("snapshot", "model")
    version = newest.filter(stage=ModelVersion.Stage.PRODUCTION).first() or newest.first()
    if version is None:
        raise Conflict(_("This model has no version yet."))
    return version


def _try_error(request: SignedIn, text: str) -> HttpResponse:
    return render(request, "_error.html", {"detail": text}, status=422)
