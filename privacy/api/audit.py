"""The audit log over REST, for administrators."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common import audit_checks
from common.audit_heads import current_head
from common.errors import Invalid, Problem
from common.models import AuditCheck, AuditPending
from common.pagination import ById
from common.queueing import enqueue_on_commit
from common.tasks import check_audit
from privacy import access, audit_log
from privacy.audit_forms import AuditFilter

_FILTERS = [OpenApiParameter(name, str) for name in ("actor", "action", "target", "since", "until")]


class AuditApi(APIView):
    """Who did what to which row, newest first, each with its place in the hash chain."""

    @extend_schema(operation_id="audit_events_list", parameters=_FILTERS, responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_privacy_desk(request.user)
        form = AuditFilter(request.query_params)
        if not form.is_valid():
            problems = [Problem(f"/{name}", "invalid", str(e[0])) for name, e in form.errors.items()]
            raise Invalid(problems[0].detail, problems=problems)
        paginator = ById()
        rows = paginator.paginate_queryset(audit_log.events(form.wanted()), request, view=self) or []
        return paginator.get_paginated_response(
            [audit_log.line_json(one) for one in audit_log.lines(list(rows))]
        )


class AuditStateApi(APIView):
    """Whether the chain holds: the last verification, its signed head, and what is not sealed yet."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_privacy_desk(request.user)
        check = audit_checks.last_check()
        running = AuditCheck.objects.exclude(state__in=audit_checks.DONE).first()
        return Response(
            {
                "unsealed": AuditPending.objects.count(),
                "verified": check_json(check) if check else None,
                "running": check_json(running) if running else None,
                "head": asdict(current_head(timezone.now().isoformat())),
            }
        )

    @extend_schema(request=None, responses={202: None})
    def post(self, request: ApiSignedIn) -> Response:
        """Verify the whole chain in the background. Asked again meanwhile, it is the same verification."""
        access.require_privacy_desk(request.user)
        check = audit_checks.ask_check(actor=request.user.pk)
        enqueue_on_commit(check_audit)
        return Response(check_json(check), status=202)


def check_json(check: AuditCheck) -> dict[str, Any]:
    return {
        "state": check.state,
        "since": check.since,
        "checked": check.checked,
        "finished_at": check.finished_at,
        "position": check.position,
        "head": check.head,
        "problems": check.problems,
    }
