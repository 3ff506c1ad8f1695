from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError
from tasks_app.access import project_for
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Project
from tasks_app.requester_views import project_page
from training import access, ranking
from training.models import ActiveLearning
from training.services import active_learning as service

SHOWN = 20
_CHARACTERS = 160


class ActiveLearningForm(forms.Form):
    field = forms.ChoiceField(
        label=gettext_lazy("Answer field"), help_text=gettext_lazy("Its model says what it doubts.")
    )
    batch = forms.IntegerField(
        label=gettext_lazy("Items chosen at a time"),
        min_value=service.BATCH[0],
        max_value=service.BATCH[1],
        initial=200,
    )
    lot_percent = forms.IntegerField(
        label=gettext_lazy("Drawn by lot, %"),
        min_value=5,
        max_value=100,
        initial=25,
        help_text=gettext_lazy("These are what the model is tested on, so they must not be its choice."),
    )

    def __init__(self, data: Any = None, *, project: Project, wish: ActiveLearning | None) -> None:
        initial = _settings_of(wish) if wish else None
        super().__init__(data, initial=initial)
        names = service.fields_to_learn(project)
        self.fields["field"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


def _settings_of(wish: ActiveLearning) -> dict[str, Any]:
    return {"field": wish.field, "batch": wish.batch, "lot_percent": round(wish.lot_share * 100)}


@login_required
@require_http_methods(["GET", "POST"])
def active_learning(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    wish = ActiveLearning.objects.filter(project=project).select_related("version__model").first()
    form = ActiveLearningForm(request.POST or None, project=project, wish=wish)
    if request.method == "POST" and form.is_valid() and _set(request, project, form):
        return redirect("active-learning", project_id=project.pk)
    context = project_page(request, project, "active", form=form, **_shown(wish))
    template = "training/_active_learning.html" if request.htmx else "training/active_learning.html"
    return render(request, template, context, status=422 if form.errors else 200)


@login_required
@require_POST
def rank(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    service.rank_now(wish=access.active_learning_of(project), actor=request.user)
    return redirect("active-learning", project_id=project.pk)


@login_required
@require_POST
def stop(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    service.stop_active_learning(project=project, actor=request.user)
    return redirect("active-learning", project_id=project.pk)


def _set(request: SignedIn, project: Project, form: ActiveLearningForm) -> bool:
    chosen = form.cleaned_data
    try:
        service.set_active_learning(
            project=project, field=chosen["field"], batch=chosen["batch"],
            lot_share=chosen["lot_percent"] / 100, actor=request.user,
        )  # fmt: skip
    except DomainError as refused:
        form.add_error(None, refused.message)
        return False
    return True


def _shown(wish: ActiveLearning | None) -> dict[str, Any]:
    if wish is None:
        return {"wish": None}
    items = [
        {"name": item.external_id or str(item.pk)[-8:], "text": _opening(item.payload),
         "begun": item.priority >= ranking.STARTED}
        for item in ranking.next_items(wish, limit=SHOWN)
    ]  # fmt: skip
    tone, words = {
        "idle": ("good", _("ranked")),
        "queued": ("info", _("waiting for a worker")),
        "running": ("info", _("choosing")),
        "failed": ("bad", _("failed")),
    }[wish.state]
    return {
        "wish": wish, "items": items, "left": ranking.chosen_left(wish), "tone": tone, "status": words,
        "busy": wish.state in {"queued", "running"},
    }  # fmt: skip


def _opening(payload: Any) -> str:
    return " / ".join(turn_texts(payload))[:_CHARACTERS]
