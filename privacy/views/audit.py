"""The audit log for administrators: what was done, whether the chain holds, and the log as a file."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common import audit, audit_checks
from common.audit_heads import current_head
from common.models import AuditPending
from common.queueing import enqueue_on_commit
from common.tasks import check_audit
from privacy import access, audit_log
from privacy.audit_forms import AuditFilter


@login_required
@require_GET
@never_cache
def log(request: SignedIn) -> HttpResponse:
    access.require_privacy_desk(request.user)
    form = AuditFilter(request.GET)
    wanted = form.wanted() if form.is_valid() else audit_log.Wanted()
    before = request.GET.get("before", "")
    found, cursor = audit_log.page_before(wanted, int(before) if before.isdigit() else None)
    asked = {name: value for name, value in request.GET.items() if value and name in form.fields}
    context = {
        **state(),
        "form": form,
        "lines": found,
        "query": urlencode(asked),
        "next": "?" + urlencode({**asked, "before": cursor}) if cursor else "",
        "first": "?" + urlencode(asked) if before else "",
        "current": "privacy-desk",
    }
    return render(request, "privacy/audit.html", context)


def state() -> dict[str, object]:
    """The last verification, the one under way, and how much is not sealed yet."""
    running = audit_checks.running_check()
    return {
        "check": audit_checks.last_check(),
        "running": running,
        "links": audit_checks.links_of(running) if running else 0,
        "unsealed": AuditPending.objects.count(),
    }


@login_required
@require_GET
@never_cache
def state_fragment(request: SignedIn) -> HttpResponse:
    """Asked again and again while a verification runs, whoever started it."""
    access.require_privacy_desk(request.user)
    return render(request, "privacy/_audit_state.html", state())


@login_required
@require_POST
def verify(request: SignedIn) -> HttpResponse:
    access.require_privacy_desk(request.user)
    audit_checks.ask_check(actor=request.user.pk)
    enqueue_on_commit(check_audit)
    messages.success(request, _("The log is being verified; this page shows how far it is."))
    return redirect("audit-log")


@login_required
@require_GET
@never_cache
def export(request: SignedIn) -> HttpResponseBase:
    access.require_privacy_desk(request.user)
    form = AuditFilter(request.GET)
    if not form.is_valid():
        return redirect("audit-log")
    audit.record("audit.exported", request.user, actor=request.user.pk)
    return StreamingHttpResponse(
        audit_log.json_lines(form.wanted()),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="audit.jsonl"'},
    )


@login_required
@require_GET
@never_cache
def head(request: SignedIn) -> HttpResponse:
    """The signed head, to be kept where this server cannot write."""
    access.require_privacy_desk(request.user)
    return HttpResponse(
        current_head(timezone.now().isoformat()).as_json() + "\n",
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="audit-head.json"'},
    )
