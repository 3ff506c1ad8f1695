from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from tasks_app.access import project_for
from training import access, ranking
from training.models import ActiveLearning
from training.services.active_learning import rank_now, set_active_learning, stop_active_learning


class ActiveLearningInput(serializers.Serializer[Any]):
    field = serializers.CharField(max_length=60)
    batch = serializers.IntegerField(default=200)
    lot_share = serializers.FloatField(default=0.25)


class ActiveLearningApi(APIView):
    """Whether, and how, a project asks first what its model doubts."""

    @extend_schema(operation_id="active_learning_read", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        wish = ActiveLearning.objects.filter(project=project).select_related("version__model").first()
        return Response({"on": False} if wish is None else present(wish))

    @extend_schema(request=ActiveLearningInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = ActiveLearningInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            present(set_active_learning(project=project, actor=request.user, **body.validated_data))
        )

    @extend_schema(responses={204: None})
    def delete(self, request: ApiSignedIn, project_id: UUID) -> Response:
        stop_active_learning(project=project_for(request.user, project_id), actor=request.user)
        return Response(status=204)


class RankingApi(APIView):
    """Choosing the next items now instead of when the last ones are answered."""

    @extend_schema(request=None, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        wish = access.active_learning_of(project)
        return Response(present(rank_now(wish=wish, actor=request.user)), status=202)


def present(wish: ActiveLearning) -> dict[str, Any]:
    version = wish.version
    return {
        "on": True,
        "field": wish.field,
        "batch": wish.batch,
        "lot_share": wish.lot_share,
        "state": wish.state,
        "reason": wish.reason,
        "version": {"model": version.model.name, "number": version.number} if version else None,
        "pool": wish.pool,
        "chosen": wish.chosen,
        "by_lot": wish.by_lot,
        "mean_doubt": wish.mean_doubt,
        "left": ranking.chosen_left(wish),
        "ranked_at": wish.ranked_at,
    }
