from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common.errors import Invalid
from training import access, gate_page
from training.forms import CompareForm
from training.models import Model
from training.services.comparisons import compare_versions

SHOWN = 20


@login_required
@require_GET
def comparisons(request: SignedIn, name: str) -> HttpResponse:
    model = access.model_for(request.user, name)
    part = "_comparisons" if request.headers.get("HX-Request") else "comparisons"
    return render(request, f"training/{part}.html", _context(model))


@login_required
@require_POST
def compare(request: SignedIn, name: str) -> HttpResponse:
    model = access.model_for(request.user, name)
    form = CompareForm(request.POST, model=model)
    if not form.is_valid():
        raise Invalid(_("Choose two different versions of the same model."))
    compare_versions(**form.cleaned_data, actor=request.user)
    return redirect("model-comparisons", name)


def _context(model: Model) -> dict[str, object]:
    rows = access.comparisons_of(model)[:SHOWN]
    shown = [{"row": row, "parts": gate_page.rows({"parts": row.parts or []})} for row in rows]
    return {
        "model": model,
        "current": "models",
        "shown": shown,
        "live": any(row.is_live for row in rows),
        "form": CompareForm(model=model),
        "columns": gate_page.columns(_("Version"), _("Against")),
        "enough": model.versions.count() > 1,
    }
