from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.errors import NotFound
from common.idempotency import idempotent
from tasks_app.access import project_for
from tasks_app.models import Project
from training import access, analysing
from training.analysis_filter import Filter, findings_of
from training.analysis_parts import part_of
from training.models import Analysis, AnalysisFinding, AnalysisResult
from training.services.analysis import ask_analysis, cancel_analysis

PAGE = 100
_OBJECT = OpenApiResponse()


class AnalysisInput(serializers.Serializer[Any]):
    options = serializers.DictField(required=False, help_text="{part: {option: number}}; the rest as usual")
    snapshot = serializers.UUIDField(required=False, help_text="analyse what this snapshot froze")


class FindingsQuery(serializers.Serializer[Any]):
    kind = serializers.CharField(required=False, default="", max_length=60)
    label = serializers.CharField(required=False, default="", max_length=200)  # type: ignore[assignment]
    annotator = serializers.CharField(required=False, default="", help_text="a pseudonym of the project")
    since = serializers.DateField(required=False, default=None)
    until = serializers.DateField(required=False, default=None)
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)


class AnalysisApi(APIView):
    """What was found in a project's texts and answers. POST asks; the same data is not analysed twice."""

    @extend_schema(operation_id="analysis_read", responses={200: _OBJECT})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        return Response(present(access.analysis_of(project_for(request.user, project_id))))

    @extend_schema(request=AnalysisInput, responses={202: _OBJECT})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = AnalysisInput(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        snapshot = access.snapshot_of(project, asked["snapshot"]) if "snapshot" in asked else None
        wish = ask_analysis(
            project=project, actor=request.user, options=asked.get("options"), snapshot=snapshot
        )
        return Response(present(wish), status=202)


class AnalysisCancelApi(APIView):
    @extend_schema(request=None, responses={200: _OBJECT})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        wish = access.analysis_of(project_for(request.user, project_id))
        return Response(present(cancel_analysis(wish=wish, actor=request.user)))


class AnalysisPartApi(APIView):
    """One part: its figures, and its findings, the strongest first, a hundred at a time."""

    @extend_schema(operation_id="analysis_part_read", parameters=[FindingsQuery], responses={200: _OBJECT})
    def get(self, request: ApiSignedIn, project_id: UUID, part: str) -> Response:
        project = project_for(request.user, project_id)
        access.require_part(part)
        query = FindingsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        result = analysing.results_of(access.analysis_of(project)).get(part_of(part) or "")
        if result is None:
            raise NotFound(_("This part has not been computed yet."))
        return Response({**result_json(result), **_findings(project, result, query.validated_data)})


def _findings(project: Project, result: AnalysisResult, asked: dict[str, Any]) -> dict[str, Any]:
    wanted = Filter(asked["label"], asked["annotator"], asked["since"], asked["until"])
    found = findings_of(project, result, asked["kind"], wanted)
    start = (asked["page"] - 1) * PAGE
    return {
        "count": found.count(),
        "page": asked["page"],
        "findings": [finding_json(one) for one in found[start : start + PAGE]],
    }


def present(wish: Analysis) -> dict[str, Any]:
    """`parts`: name -> what was found, null until it is computed."""
    results = analysing.results_of(wish)
    return {
        "id": str(wish.pk),
        "state": wish.state,
        "reason": wish.reason,
        "part": wish.part,
        "share": wish.share,
        "seconds_left": wish.seconds_left,
        "data_hash": wish.data_hash,
        "snapshot": str(wish.snapshot_id) if wish.snapshot_id else None,
        "options": wish.options,
        "created_at": wish.created_at,
        "finished_at": wish.finished_at,
        "parts": {name: result_json(results[name]) if name in results else None for name in wish.keys},
    }


def result_json(result: AnalysisResult) -> dict[str, Any]:
    return {
        "part": result.part,
        "version": result.version,
        "options": result.options,
        "data": result.data,
        "seconds": round(result.seconds, 3),
        "computed_at": result.created_at,
    }


def finding_json(one: AnalysisFinding) -> dict[str, Any]:
    return {
        "id": one.pk,
        "kind": one.kind,
        "item": str(one.item_id),
        "turn": one.turn,
        "score": one.score,
        "evidence": one.evidence,
    }
