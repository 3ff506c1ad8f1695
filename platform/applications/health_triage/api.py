from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import ApiSignedIn
from applications.access import project_with
from applications.health_triage import calibrating, conformal, selectors
from applications.health_triage.disclaimer import TEMPLATE, WarningView, emergency
from applications.health_triage.models import AbstainedCase, RiskSetting
from applications.health_triage.services.calibration import ask_calibration
from applications.health_triage.services.cases import make_tasks
from applications.health_triage.services.risk import risk_of, set_risk
from applications.health_triage.services.triage import Triaged, triage_texts
from common.idempotency import idempotent
from common.pagination import ById


class Message(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)
    person = serializers.CharField(
        max_length=200, required=False, default="", allow_blank=True, help_text="kept as a digest only"
    )


class TriageInput(serializers.Serializer[Any]):
    items = serializers.ListField(child=Message(), min_length=1, max_length=100)


class TriageApi(WarningView):
    """Sort up to 100 messages. What cannot be sorted as surely as is wanted abstains, with the reasons.

    `evidence` has offsets of the text as it was sent. `emergency` stands beside whatever may be of the
    highest urgency. Texts are kept redacted, and no longer than predictions are kept.
    """

    @extend_schema(request=TriageInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = TriageInput(data=request.data)
        body.is_valid(raise_exception=True)
        items = body.validated_data["items"]
        found = triage_texts(
            project=project, texts=[item["text"] for item in items], actor=request.user,
            people=[item["person"] for item in items],
        )  # fmt: skip
        return Response({"results": [_triaged(one) for one in found]})


def _triaged(one: Triaged) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "abstains": verdict.abstains,
        "reasons": list(verdict.reasons),
        "condition": {
            "set": list(verdict.conditions), "confidence": one.condition.confidence,
            "probabilities": one.shares, **_source(one.condition),
        },
        "urgency": {
            "from": verdict.low, "to": verdict.high, "confidence": one.urgency.confidence,
            "probabilities": {str(level): share for level, share in one.chances.items()},
            **_source(one.urgency),
        },
        "evidence": one.evidence,
        "emergency": emergency() if one.is_emergency else None,
        "calibration": str(one.calibration.pk) if one.calibration else None,
        "case": str(one.case.pk) if one.case else None,
    }  # fmt: skip


def _source(prediction: Any) -> dict[str, Any]:
    return {"prediction": str(prediction.pk), "version": str(prediction.version)}


class RiskInput(serializers.Serializer[Any]):
    wrong = serializers.FloatField(required=False, help_text="share of messages, such as 0.05")
    under_triage = serializers.FloatField(required=False, help_text="share of messages, such as 0.01")
    method = serializers.ChoiceField(choices=conformal.METHODS, required=False)
    largest_set = serializers.IntegerField(required=False)
    widest = serializers.IntegerField(required=False)
    tasks_by_themselves = serializers.BooleanField(required=False)


class RiskApi(WarningView):
    """What may go wrong, and whether the items held back allow to promise that."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        return Response(_risk(risk_of(project)))

    @extend_schema(request=RiskInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = RiskInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_risk(set_risk(project=project, actor=request.user, **body.validated_data)))


def _risk(setting: RiskSetting) -> dict[str, Any]:
    calibration = calibrating.current(setting.project)
    promised = calibration.promise(setting.risk) if calibration else None
    return {
        "wrong": setting.wrong,
        "under_triage": setting.under_triage,
        "method": setting.method,
        "largest_set": setting.largest_set,
        "widest": setting.widest,
        "tasks_by_themselves": setting.tasks_by_themselves,
        "promised": bool(promised and promised.holds),
        "lacking": [selectors.lacking_json(one) for one in promised.lacking] if promised else [],
    }


class CoverageApi(WarningView):
    """Promised and measured coverage of the versions that answer now. POST has them calibrated again."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        return Response(selectors.coverage_json(project))

    @extend_schema(request=None, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        row = ask_calibration(project=project, actor=request.user)
        return Response({"state": row.state}, status=202)


class TasksInput(serializers.Serializer[Any]):
    cases = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class AbstainedApi(WarningView):
    """Messages that a person has to look at, page by page. POST makes tasks of those named."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        pages = ById()
        rows = pages.paginate_queryset(selectors.cases_of(project), request, view=self) or []
        return pages.get_paginated_response([_case(row) for row in rows])

    @extend_schema(request=TasksInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = TasksInput(data=request.data)
        body.is_valid(raise_exception=True)
        rows = make_tasks(project=project, case_ids=body.validated_data["cases"], actor=request.user)
        return Response({"results": [_case(row) for row in rows]})


def _case(row: AbstainedCase) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "state": row.state,
        "reasons": row.reasons,
        "highest_urgency": row.highest,
        "text": row.prediction.text,
        "prediction": str(row.prediction_id),
        "item": row.external_id if row.state != AbstainedCase.State.WAITING else None,
        "emergency": emergency() if row.emergency else None,
        "created_at": row.created_at,
    }
