"""How long records are kept: the rules, and what one would take, looked at before it is switched on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedIn
from common.errors import DomainError
from privacy.desk_access import require_privacy_desk
from privacy.models import RetentionRule, RetentionRun
from privacy.retention import Kind, all_kinds, kind_named
from privacy.services import retention as rules


class RuleForm(forms.Form):
    days = forms.IntegerField(label=gettext_lazy("Days that they are kept"), min_value=1, max_value=36_500)
    project = forms.UUIDField(
        label=gettext_lazy("Only in the project with this id"),
        required=False,
        help_text=gettext_lazy("Empty: in all projects that have no rule of their own."),
    )

    def __init__(self, *args: Any, kind: Kind, **options: Any) -> None:
        super().__init__(*args, **options)
        if not kind.project:
            self.fields["project"].widget = forms.HiddenInput()


@login_required
@require_GET
def retention(request: SignedIn) -> HttpResponse:
    require_privacy_desk(request.user)
    found: dict[str, list[RetentionRule]] = {}
    for rule in RetentionRule.objects.order_by("project"):
        found.setdefault(rule.kind, []).append(rule)
    context = {
        "kinds": [{"kind": kind, "rules": found.get(kind.name, [])} for kind in all_kinds()],
        "runs": RetentionRun.objects.select_related("rule").order_by("-id")[:30],
    }
    return render(request, "privacy/retention.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def dry_run(request: SignedIn, kind: str) -> HttpResponse:
    """A GET with `days` shows what would go; a POST with `on` or `off` keeps the rule."""
    require_privacy_desk(request.user)
    known = rules.kind_for(kind)
    rule = RetentionRule.objects.filter(kind=kind, project=None).first()
    asked = request.POST or (request.GET if "days" in request.GET else None)
    form = RuleForm(asked, kind=known, initial={"days": rule.days if rule else known.days})
    preview = None
    if form.is_bound and form.is_valid():
        try:
            if request.method == "POST":
                rules.set_rule(
                    kind=kind, is_on="on" in request.POST, actor=request.user.pk, **form.cleaned_data
                )
                messages.success(request, _("Kept. The rules that are on are carried out every night."))
                return redirect("retention")
            preview = rules.preview(kind=kind, **form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, refused.message)
    context = {"kind": kind_named(kind), "form": form, "preview": preview, "rule": rule}
    return render(request, "privacy/retention_kind.html", context, status=422 if form.errors else 200)
