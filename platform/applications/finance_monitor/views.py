import csv
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from applications import selectors
from applications.finance_monitor import access, page, presenting, replaying
from applications.finance_monitor.forms import ReplayForm, initial_of
from applications.finance_monitor.models import Alert, Count, Monitor, NewsText
from applications.finance_monitor.services.monitors import check_settings, judge_alert, set_settings
from applications.finance_monitor.services.texts import retry_failed
from applications.kinds import find_kind
from common.errors import DomainError, NotFound
from tasks_app.requester_views import project_page

DAYS = (7, 30, 90)
USUAL_DAYS = 30
LISTED = 20
TEXTS = 50


def context_of(request: SignedIn, monitor: Monitor, **more: Any) -> dict[str, Any]:
    titles = page.topic_titles(monitor.project)
    return project_page(request, monitor.project, "application", monitor=monitor, titles=titles, **more)


@login_required
@require_GET
def overview(request: SignedIn, project_id: UUID) -> HttpResponse:
    monitor = access.monitor_for(request.user, project_id)
    days = next((n for n in DAYS if str(n) == request.GET.get("days")), USUAL_DAYS)
    titles = page.topic_titles(monitor.project)
    topic = request.GET.get("topic", "")
    topic = topic if topic in titles else next(iter(titles), "")
    seen = replaying.see(monitor, replaying.settings_of(monitor), days=days, topic=topic).get(topic)
    alerts = Alert.objects.filter(monitor=monitor).order_by("-start")
    texts = NewsText.objects.filter(monitor=monitor)
    context = context_of(
        request, monitor,
        about=selectors.about(monitor.project, find_kind(access.TEMPLATE)),
        topic=topic, topic_title=titles.get(topic, ""), days=days, choices=DAYS,
        figure=page.figure_of(seen, list(alerts.filter(topic=topic)[:LISTED])) if seen else None,
        columns=page.series_columns(), rows=page.series_rows(seen) if seen else [],
        learning=seen is not None and not any(row["usual"] for row in presenting.series_json(seen)),
        alert_columns=page.alert_columns(), alert_rows=page.alert_rows(monitor, alerts[:LISTED], titles),
        waiting=access.waiting_texts(monitor).count(),
        failed=presenting.failed_json(access.failed_texts(monitor)),
        latest=texts.filter(state=NewsText.State.READ).select_related(
            "topic_prediction", "sentiment_prediction"
        ).order_by("-at")[:10],
    )  # fmt: skip
    return render(request, "finance_monitor/monitor.html", context)


@login_required
@require_GET
def series_csv(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Every topic of the last 90 days."""
    monitor = access.monitor_for(request.user, project_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="finance-monitor-{monitor.pk}.csv"'
    lines = csv.writer(response)
    names = ("start", "texts", "negative", "usual", "low", "high", "alarm")
    lines.writerow(["topic", *names])
    found = replaying.see(monitor, replaying.settings_of(monitor), days=replaying.MOST_DAYS)
    for topic, seen in found.items():
        lines.writerows([topic, *(row[name] for name in names)] for row in presenting.series_json(seen))
    return response


@login_required
@require_GET
def alert(request: SignedIn, project_id: UUID, alert_id: UUID) -> HttpResponse:
    monitor = access.monitor_for(request.user, project_id)
    row = access.alert_for(monitor, alert_id)
    found = Paginator(access.texts_of(row), TEXTS).get_page(request.GET.get("page"))
    title = page.topic_titles(monitor.project).get(row.topic, row.topic)
    context = context_of(
        request, monitor, alert=row, page=found, topic_title=title, judged=page.judged_cell(row.judged_true)
    )
    return render(request, "finance_monitor/alert.html", context)


@login_required
@require_POST
def judge(request: SignedIn, project_id: UUID, alert_id: UUID) -> HttpResponse:
    monitor = access.monitor_for(request.user, project_id)
    said = request.POST.get("true")
    if said not in {"yes", "no"}:
        raise NotFound(_("There is no such answer."))
    judge_alert(alert=access.alert_for(monitor, alert_id), true=said == "yes", actor=request.user)
    messages.success(request, _("Noted. It counts from the next bin on."))
    return redirect("finance-monitor-alert", monitor.pk, alert_id)


@login_required
@require_POST
def retry(request: SignedIn, project_id: UUID) -> HttpResponse:
    monitor = access.monitor_for(request.user, project_id)
    retry_failed(monitor=monitor, actor=request.user)
    messages.success(request, _("They are tried again. It takes a moment."))
    return redirect("finance-monitor", monitor.pk)


@login_required
@require_http_methods(["GET", "POST"])
def replay(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Try settings on the past; `save` makes them the monitor's."""
    monitor = access.monitor_for(request.user, project_id)
    form = ReplayForm(request.POST or None, initial={**initial_of(monitor), "days": 60})
    past = Count.objects.filter(monitor=monitor).exists()
    context = context_of(request, monitor, form=form, past=past)
    if request.method == "POST" and form.is_valid():
        changes = dict(form.cleaned_data)
        days = changes.pop("days")
        try:
            if "save" in request.POST:
                set_settings(monitor=monitor, actor=request.user, **changes)
                messages.success(request, _("Saved. It counts from the next bin on."))
                return redirect("finance-monitor", monitor.pk)
            check_settings(changes)
            found = replaying.replay(monitor, replaying.settings_of(monitor, changes), days=days)
            context |= page.replay_context(found, context["titles"])
        except DomainError as refused:
            form.add_error(None, " ".join([refused.message, *(one.detail for one in refused.problems)]))
    return render(request, "finance_monitor/replay.html", context, status=422 if form.errors else 200)
