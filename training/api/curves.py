from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from training import access
from training.models import LearningCurve
from training.services.curves import start_curve


class CurveInput(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=LearningCurve.Mode.choices, default=LearningCurve.Mode.QUICK)


class CurvesApi(APIView):
    """What a run would have reached with less data, and what more would bring."""

    @extend_schema(operation_id="runs_curves_list", responses={200: None})
    def get(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = access.run_for(request.user, run_id)
        rows = run.curves.order_by("-created_at")[:20]
        return Response({"results": [_json(row) for row in rows]})

    @extend_schema(request=CurveInput, responses={202: None})
    @idempotent
    def post(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = access.run_for(request.user, run_id)
        body = CurveInput(data=request.data)
        body.is_valid(raise_exception=True)
        curve = start_curve(run=run, mode=body.validated_data["mode"], actor=request.user)
        return Response(_json(curve), status=202)


def _json(row: LearningCurve) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "run": str(row.run_id),
        "mode": row.mode,
        "metric": row.metric,
        "state": row.state,
        "reason": row.reason,
        "planned": row.planned,
        "points": row.points,
        "forecast": row.forecast,
        "created_at": row.created_at,
    }
