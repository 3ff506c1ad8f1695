from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from training import access, satisfaction
from training.models import FeedbackCase
from training.services import cases


class CasesInput(serializers.Serializer[Any]):
    cases = serializers.ListField(child=serializers.UUIDField(), allow_empty=True)


class DismissInput(CasesInput):
    reason = serializers.CharField(max_length=300, allow_blank=True)


class PolicyInput(serializers.Serializer[Any]):
    above = serializers.FloatField(allow_null=True)
    a_day = serializers.IntegerField(default=20)


class CasesApi(APIView):
    """Feedback gathered by text, the most urgent first."""

    @extend_schema(parameters=[OpenApiParameter("state", str)], responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, name: str) -> Response:
        rows = access.model_for(request.user, name).cases.select_related("learned_by")
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state)
        return Response({"results": [case_json(row) for row in rows.order_by("-priority", "pk")[:200]]})


class CaseTasksApi(APIView):
    """Cases become items of the project; those that are tasks already stay as they are."""

    @extend_schema(request=CasesInput, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, name: str) -> Response:
        model = access.model_for(request.user, name)
        body = CasesInput(data=request.data)
        body.is_valid(raise_exception=True)
        made = cases.make_tasks(model=model, case_ids=body.validated_data["cases"], actor=request.user)
        return Response({"results": [case_json(row) for row in made]}, status=202)


class CaseDismissApi(APIView):
    @extend_schema(request=DismissInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, name: str) -> Response:
        model = access.model_for(request.user, name)
        body = DismissInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        done = cases.dismiss_cases(
            model=model, case_ids=said["cases"], reason=said["reason"], actor=request.user
        )
        return Response({"results": [case_json(row) for row in done]})


class FeedbackPolicyApi(APIView):
    """From which priority on cases become tasks by themselves; `above: null` turns it off."""

    @extend_schema(request=PolicyInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, name: str) -> Response:
        model = access.model_for(request.user, name)
        body = PolicyInput(data=request.data)
        body.is_valid(raise_exception=True)
        policy = cases.set_policy(model=model, actor=request.user, **body.validated_data)
        return Response({"above": policy.above, "a_day": policy.a_day} if policy else {"above": None})


class SatisfactionApi(APIView):
    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, name: str) -> Response:
        weeks = satisfaction.by_week(access.model_for(request.user, name))
        return Response({
            "results": [
                {"version": one.version, "week": one.week, "voices": one.voices, "share": one.share,
                 "interval": one.interval, "stars": one.stars}
                for one in weeks
            ]
        })  # fmt: skip


def case_json(row: FeedbackCase) -> dict[str, Any]:
    item: UUID | None = row.item_id
    return {
        "id": str(row.pk),
        "state": row.state,
        "reason": row.reason,
        "payload": row.payload,
        "value": row.value,
        "confidence": row.confidence,
        "voices": row.voices,
        "content": row.content,
        "volume": row.volume,
        "priority": row.priority,
        "item": str(item) if item else None,
        "learned_by_version": row.learned_by.number if row.learned_by else None,
    }
