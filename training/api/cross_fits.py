from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from tasks_app.access import project_for
from training.models import CrossFit
from training.services.cross_fits import ask_cross_fit


class CrossFitInput(serializers.Serializer[Any]):
    field = serializers.CharField(max_length=60)


class CrossFitsApi(APIView):
    """Models that read along with the crowd, each part of the items by one that never saw it."""

    @extend_schema(operation_id="cross_fits_list", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        rows = CrossFit.objects.filter(project=project).order_by("-created_at")[:50]
        return Response({"results": [_json(row) for row in rows]})

    @extend_schema(request=CrossFitInput, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = CrossFitInput(data=request.data)
        body.is_valid(raise_exception=True)
        wish = ask_cross_fit(project=project, field=body.validated_data["field"], actor=request.user)
        return Response(_json(wish), status=202)


def _json(row: CrossFit) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "field": row.field,
        "state": row.state,
        "reason": row.reason,
        "progress": row.progress / 100,
        "items": row.judged,
        "created_at": row.created_at,
    }
