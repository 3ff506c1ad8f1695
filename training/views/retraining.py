from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError
from common.form_errors import write_refusal
from training import access, drift_page, retraining, selectors
from training.models import RetrainFiring, RetrainRule
from training.retrain_conditions import CONDITIONS
from training.retrain_forms import RuleForm
from training.retrain_words import (
    TONES,
    budget_words,
    condition_words,
    figures_words,
    kind_name,
    look_words,
    outcome_name,
    verdict_name,
)
from training.services import retraining as services

FIRINGS_SHOWN = 30
RULES_SHOWN = 100


@login_required
@require_http_methods(["GET", "POST"])
def rules(request: SignedIn) -> HttpResponse:
    access.require_trainer_desk(request.user)
    kind = request.GET.get("kind", "")
    kind = kind if kind in CONDITIONS else next(iter(CONDITIONS))
    projects = access.projects_of_admin(request.user).order_by("-created_at")
    form = RuleForm(
        request.POST or None, kind=kind, projects=list(projects.prefetch_related("schema_versions")[:200])
    )
    if request.method == "POST" and form.is_valid() and _create(request, form):
        messages.success(request, _("The rule is looked at every minute from now on."))
        return redirect("retrain-rules")
    firings = selectors.recent_firings(request.user)[:FIRINGS_SHOWN]
    context = {
        "form": form,
        "tabs": [
            {"title": kind_name(name), "href": f"?kind={name}#new-rule", "current": name == kind}
            for name in CONDITIONS
        ],
        "rules": [_shown(rule) for rule in access.rules_for(request.user).order_by("-pk")[:RULES_SHOWN]],
        "firings": [_fired(firing) for firing in firings],
        "current": "training",
    }
    return render(request, "training/rules.html", context, status=422 if form.errors else 200)


def _create(request: SignedIn, form: RuleForm) -> bool:
    """Whether a good form became a rule; what was refused is written into the form."""
    project_id, field = form.target_of()
    try:
        services.create_rule(
            project=access.project_to_train(request.user, project_id),
            field=field,
            kind=form.kind,
            terms=form.terms(),
            actor=request.user,
        )
    except DomainError as refused:
        write_refusal(form, refused)
        return False
    return True


def _shown(rule: RetrainRule) -> dict[str, object]:
    verdict = rule.last_look.get("verdict", "")
    return {
        "row": rule,
        "kind": kind_name(rule.kind),
        "wants": condition_words(rule),
        "verdict": verdict_name(verdict),
        "tone": TONES.get(verdict, ""),
        "look": look_words(rule.kind, rule.last_look),
        "budget": budget_words(rule, retraining.spent_now(rule)),
    }


def _fired(firing: RetrainFiring) -> dict[str, object]:
    return {
        "row": firing,
        "kind": kind_name(firing.rule.kind),
        "why": figures_words(firing.rule.kind, firing.figures),
        "outcome": outcome_name(firing.outcome),
        "tone": TONES.get(firing.outcome, "warn"),
        "version": getattr(firing.run, "version", None),
    }


@login_required
@require_POST
def pause(request: SignedIn, rule_id: UUID) -> HttpResponse:
    rule = access.rule_for(request.user, rule_id)
    paused = request.POST.get("paused") == "on"
    services.pause_rule(rule=rule, paused=paused, actor=request.user)
    messages.success(request, _("Paused.") if paused else _("The rule is looked at again."))
    return redirect("retrain-rules")


@login_required
@require_POST
def look(request: SignedIn, rule_id: UUID) -> HttpResponse:
    rule = access.rule_for(request.user, rule_id)
    firing = services.evaluate_rule(rule_id=rule.pk)
    rule.refresh_from_db()
    said = look_words(rule.kind, rule.last_look)
    (messages.success if firing else messages.info)(request, said)
    return redirect("retrain-rules")


@login_required
@require_POST
def delete(request: SignedIn, rule_id: UUID) -> HttpResponse:
    services.delete_rule(rule=access.rule_for(request.user, rule_id), actor=request.user)
    messages.success(request, _("The rule is gone; its runs stay."))
    return redirect("retrain-rules")


@login_required
@require_GET
def drift(request: SignedIn, name: str) -> HttpResponse:
    model = access.model_for(request.user, name)
    readings = selectors.drift_history(model)
    context = {"model": model, "current": "models", **drift_page.context(readings)}
    return render(request, "training/drift.html", context)
