from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations import access, people
from annotations.models import Measure
from annotations.services import measures
from common.idempotency import idempotent
from tasks_app.access import project_for, project_to_answer

_PAGE = 50


class PeopleApi(APIView):
    """The people of a project: skill, speed, gold score, what stands out about them and on what evidence.

    Those about whom something stands out come first. `?page=` counts from 0; 50 a page.
    """

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        raw = request.query_params.get("page", "0")
        page = min(int(raw), 10_000) if raw.isdecimal() else 0
        found = people.people_of(project, page=page, size=_PAGE)
        return Response({"results": [_person(one) for one in found]})


def _person(one: people.Person) -> dict[str, Any]:
    figures = {name: getattr(one, name) for name in ("annotator", "claimed", "answers", "median_seconds")}
    return {
        **figures,
        "rejected": one.rejected,
        "skill": one.skill,
        "gold_seen": one.gold_seen,
        "gold_score": one.gold_score,
        "signals": [{**asdict(signal), "id": str(signal.id)} for signal in one.signals],
        "measures": [measure_json(row) for row in one.measures],
    }


def measure_json(row: Measure) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "state": row.state,
        "reason": row.reason,
        "appeal": row.appeal,
        "decision": row.decision,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }


class MeasureInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[*Measure.Kind.choices, ("clear", "clear")])
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class MeasuresApi(APIView):
    """Message a person, send them to learn again, ban them; or clear what stood out."""

    @extend_schema(request=MeasureInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, annotator: str) -> Response:
        project = project_for(request.user, project_id)
        worker = people.person_named(project, annotator)
        body = MeasureInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        if data["kind"] == "clear":
            count = measures.clear_signals(
                project=project, worker=worker, reason=data["reason"], actor=request.user
            )
            return Response({"cleared": count}, status=201)
        row = measures.take_measure(project=project, worker=worker, actor=request.user, **data)
        return Response(measure_json(row), status=201)


class LiftInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class LiftApi(APIView):
    @extend_schema(request=LiftInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, measure_id: UUID) -> Response:
        row = access.measure_for(request.user, measure_id)
        body = LiftInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        return Response(
            measure_json(measures.lift_measure(measure=row, actor=request.user, **body.validated_data))
        )


class MeasureAppealInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=1000)


class MeasureAppealApi(APIView):
    """Object to a retraining or a ban of mine, once."""

    @extend_schema(request=MeasureAppealInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, measure_id: UUID) -> Response:
        row = access.own_measure(request.user, measure_id)
        body = MeasureAppealInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = measures.appeal_measure(measure=row, actor=request.user, **body.validated_data)
        return Response(measure_json(row), status=201)


class MeasureDecisionInput(serializers.Serializer[Any]):
    lift = serializers.BooleanField()
    reason = serializers.CharField(max_length=500)


class MeasureDecisionApi(APIView):
    """Hear an appeal against a measure: by somebody else than who took it, unless nobody else could."""

    @extend_schema(request=MeasureDecisionInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, measure_id: UUID) -> Response:
        row = access.measure_for(request.user, measure_id)
        body = MeasureDecisionInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = measures.decide_measure_appeal(measure=row, actor=request.user, **body.validated_data)
        return Response(measure_json(row))


class MyMeasuresApi(APIView):
    """What was decided about my work, and whether it is in force."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        rows = Measure.objects.filter(worker=request.user).select_related("project").order_by("-created_at")
        return Response(
            {
                "results": [
                    {**measure_json(row), "project": {"id": str(row.project_id), "title": row.project.title}}
                    for row in rows[:100]
                ]
            }
        )


class FinishRetrainingApi(APIView):
    """I have read the instructions again. Qualifications that were withdrawn are still to be earned anew."""

    @extend_schema(request=None, responses={204: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_to_answer(request.user, project_id)
        measures.finish_retraining(project=project, actor=request.user)
        return Response(status=204)
