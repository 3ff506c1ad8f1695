from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from common.pagination import ById
from tasks_app.access import project_for
from training import access
from training.models import CleaningTask
from training.services.cleaning import MOST_AT_ONCE, decide_cleaning, send_to_review
from training.services.label_errors import send_suspects

_OBJECT = OpenApiResponse()


class SendInput(serializers.Serializer[Any]):
    findings = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST_AT_ONCE
    )


class DecideInput(serializers.Serializer[Any]):
    tasks = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)
    decision = serializers.ChoiceField(
        choices=CleaningTask.State.choices, help_text="open: take what was decided back"
    )


class CleaningTasksApi(APIView):
    """Items that somebody is to look at because of what a cleaning report found; ?state=open."""

    @extend_schema(operation_id="cleaning_tasks", responses={200: _OBJECT})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        rows = CleaningTask.objects.filter(project=project_for(request.user, project_id))
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state)
        pages = ById()
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([task_json(row) for row in found])

    @extend_schema(request=SendInput, responses={201: _OBJECT})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = SendInput(data=request.data)
        body.is_valid(raise_exception=True)
        findings = access.findings_of(project, map(str, body.validated_data["findings"]))
        sent = send_to_review(project=project, findings=findings, actor=request.user)
        return Response({"sent": sent.sent, "skipped": sent.skipped}, status=201)


class CleaningDecisionsApi(APIView):
    @extend_schema(request=DecideInput, responses={200: _OBJECT})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = DecideInput(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        rows = decide_cleaning(
            project=project, task_ids=asked["tasks"], decision=asked["decision"], actor=request.user
        )
        return Response({"results": [task_json(row) for row in rows]})


class SuspectsInput(SendInput):
    ask_again = serializers.BooleanField(
        required=False, default=False, help_text="ask one more annotator first"
    )


class SuspectsApi(APIView):
    """Suspected labels (findings of the part label_errors) before a reviewer again."""

    @extend_schema(request=SuspectsInput, responses={201: _OBJECT})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = SuspectsInput(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        sent = send_suspects(
            project=project, findings=access.findings_of(project, map(str, asked["findings"])),
            actor=request.user, ask_again=asked["ask_again"],
        )  # fmt: skip
        return Response({"sent": sent.sent, "asked": sent.asked, "skipped": sent.skipped}, status=201)


def task_json(row: CleaningTask) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "item": str(row.item_id),
        "kind": row.kind,
        "turn": row.turn,
        "evidence": row.evidence,
        "state": row.state,
        "created_at": row.created_at,
        "decided_at": row.decided_at,
    }
