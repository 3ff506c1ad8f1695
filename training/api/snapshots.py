from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from common.pagination import ById
from training import access
from training.api.present import snapshot_json
from training.services.snapshots import freeze_snapshot


class SnapshotInput(serializers.Serializer[Any]):
    project = serializers.UUIDField()


class SnapshotsApi(APIView):
    """What was approved in a project, frozen. Freezing the same data again answers 200 with what is there."""

    @extend_schema(operation_id="snapshots_list", responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_trainer_desk(request.user)
        rows = access.snapshots_for(request.user)
        if project := request.query_params.get("project"):
            rows = rows.filter(project=serializers.UUIDField().run_validation(project))
        paginator = ById()
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response([snapshot_json(row) for row in page or []])

    @extend_schema(request=SnapshotInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        body = SnapshotInput(data=request.data)
        body.is_valid(raise_exception=True)
        project = access.project_to_train(request.user, body.validated_data["project"])
        snapshot, new = freeze_snapshot(project=project, actor=request.user)
        return Response(snapshot_json(snapshot), status=201 if new else 200)
