from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations.people import person_named
from common.errors import Invalid, Problem
from common.idempotency import idempotent
from common.pagination import ById
from training import access, lineage, snapshot_page
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


class SnapshotApi(APIView):
    """One snapshot: counts by split and label, soft targets, near-duplicates joined and left out."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, snapshot_id: UUID) -> Response:
        return Response(snapshot_json(access.snapshot_for(request.user, snapshot_id)))


class LineageApi(APIView):
    """The answers, people and reviews behind one example. People go by their pseudonym in the project."""

    @extend_schema(parameters=[OpenApiParameter("item", str, required=True)], responses={200: None})
    def get(self, request: ApiSignedIn, snapshot_id: UUID) -> Response:
        snapshot = access.snapshot_for(request.user, snapshot_id)
        item = serializers.UUIDField().run_validation(request.query_params.get("item", ""))
        return Response(snapshot_page.lineage_json(snapshot, snapshot_page.entry_of(snapshot, item)))


class ModelLineageApi(APIView):
    """Which snapshots hold an item, or a person's answers, and which model versions learned from them."""

    @extend_schema(
        parameters=[OpenApiParameter("item", str), OpenApiParameter("person", str, description="W-…")],
        responses={200: None},
    )
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_to_train(request.user, project_id)
        asked = request.query_params
        if ("item" in asked) == ("person" in asked):
            detail = _("Name an item or a person, one of the two.")
            raise Invalid(detail, problems=[Problem("/item", "one_of", detail)])
        if "item" in asked:
            found = lineage.snapshots_with_item(serializers.UUIDField().run_validation(asked["item"]))
        else:
            found = lineage.snapshots_with_person(person_named(project, asked["person"]))
        found = found.filter(project=project)
        versions = lineage.versions_trained_on(found)
        return Response(
            {
                "snapshots": [str(pk) for pk in found.order_by("number").values_list("pk", flat=True)],
                "versions": [{"model": row.model.name, "version": row.number} for row in versions],
            }
        )
