"""The page with a monitor's settings, sources and webhooks."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedIn
from applications.finance_monitor import access
from applications.finance_monitor.forms import SettingsForm, SourceForm, WebhookForm, initial_of
from applications.finance_monitor.models import Delivery, Monitor
from applications.finance_monitor.services import connections
from applications.finance_monitor.services.monitors import set_settings
from applications.finance_monitor.telling import why_no_mail
from applications.finance_monitor.views import context_of
from common.errors import DomainError

LISTED = 20


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Three forms, of which `what` names the one that was sent."""
    monitor = access.monitor_for(request.user, project_id)
    what = request.POST.get("what", "")
    asked = {
        "settings": SettingsForm(
            request.POST if what == "settings" else None, initial=initial_of(monitor), prefix="looks"
        ),
        "source": SourceForm(request.POST if what == "source" else None, prefix="source"),
        "webhook": WebhookForm(request.POST if what == "webhook" else None, prefix="hook"),
    }
    form = asked.get(what)
    secret = ""
    if form is not None and form.is_valid():
        done, secret = _carry_out(request, monitor, what, form)
        if done and not secret:
            return redirect("finance-monitor-settings", monitor.pk)
        if secret:
            asked["webhook"] = WebhookForm(prefix="hook")
    context = context_of(
        request, monitor, forms=asked, secret=secret, sources=monitor.sources.order_by("pk"),
        hooks=monitor.webhooks.order_by("pk"), no_mail=why_no_mail(monitor),
        deliveries=Delivery.objects.filter(webhook__monitor=monitor).select_related("webhook", "alert")
        .order_by("-pk")[:LISTED],
    )  # fmt: skip
    refused = form is not None and bool(form.errors)
    response = render(request, "finance_monitor/settings.html", context, status=422 if refused else 200)
    if secret:
        response["Cache-Control"] = "no-store"
    return response


def _carry_out(request: SignedIn, monitor: Monitor, what: str, form: forms.Form) -> tuple[bool, str]:
    """Whether it was done, and the secret of a new webhook."""
    chosen: dict[str, Any] = form.cleaned_data
    try:
        if what == "webhook":
            new = connections.add_webhook(monitor=monitor, actor=request.user, **chosen)
            return True, new.secret
        if what == "source":
            connections.add_source(monitor=monitor, actor=request.user, **chosen)
        else:
            set_settings(monitor=monitor, actor=request.user, **chosen)
        messages.success(request, _("Saved."))
    except DomainError as refused:
        said = [one.detail for one in refused.problems if one.detail != refused.message]
        form.add_error(None, " ".join([refused.message, *said]))
        return False, ""
    return True, ""


@login_required
@require_POST
def remove_source(request: SignedIn, project_id: UUID, source_id: UUID) -> HttpResponse:
    monitor = access.monitor_for(request.user, project_id)
    connections.remove_source(source=access.source_for(monitor, source_id), actor=request.user)
    messages.success(request, _("Removed. The texts that came from it stay."))
    return redirect("finance-monitor-settings", monitor.pk)


@login_required
@require_POST
def remove_webhook(request: SignedIn, project_id: UUID, webhook_id: UUID) -> HttpResponse:
    monitor = access.monitor_for(request.user, project_id)
    connections.remove_webhook(hook=access.webhook_for(monitor, webhook_id), actor=request.user)
    messages.success(request, _("Removed, with its log."))
    return redirect("finance-monitor-settings", monitor.pk)
