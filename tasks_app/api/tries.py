"""Trying out over REST. The second half answers as the workbench's paths do, whose element serves here."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.errors import Conflict, NotFound
from common.idempotency import idempotent
from tasks_app import access
from tasks_app.models import TryOut
from tasks_app.services import tries
from tasks_app.services.tries import Entry, try_for

_NO_LIMIT = timedelta(days=1)


def try_json(row: TryOut) -> dict[str, Any]:
    found = tries.entries(row)
    return {
        "id": str(row.pk),
        "project": str(row.project_id) if row.project_id else None,
        "practice": row.project_id is None,
        "fields": row.fields,
        "items": len(found),
        "answered": sum(entry.answer is not None for entry in found),
        "finished_at": row.finished_at,
        "answers": [{"item": entry.name, **entry.answer} for entry in found if entry.answer],
    }


class TriesApi(APIView):
    """Try a project's fields on some of its items, or its template's sample. Nobody is paid or counted."""

    @extend_schema(request=None, responses={201: None, 409: None}, operation_id="try_start")
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(try_json(tries.start_try(project=project, person=request.user)), status=201)


class PracticeApi(APIView):
    """The practice task: a few items whose truth is told after each answer."""

    @extend_schema(request=None, responses={201: None}, operation_id="practice_start")
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        return Response(try_json(tries.start_practice(person=request.user)), status=201)


class TryApi(APIView):
    @extend_schema(responses={200: None}, operation_id="try_read")
    def get(self, request: ApiSignedIn, try_id: UUID) -> Response:
        return Response(try_json(try_for(request.user, try_id)))


# -- as the workbench asks ---------------------------------------------------------------------------------


def _as_assignment(row: TryOut, entry: Entry) -> dict[str, Any]:
    name = f"{row.pk}-{entry.place}"
    return {
        "id": name,
        "lease_expires_at": timezone.now() + _NO_LIMIT,
        "item": {"id": name, **entry.payload},
        "schema_version": 1,
        "fields": row.fields,
    }


def _place(row: TryOut, name: str) -> int:
    head, _dash, place = name.rpartition("-")
    if head != str(row.pk) or not place.isdecimal():
        raise NotFound(_("There is no such question."))
    return int(place)


class TryClaimApi(APIView):
    """The items that are not answered yet, as items lent."""

    @extend_schema(exclude=True)
    def post(self, request: ApiSignedIn, try_id: UUID, again: UUID) -> Response:
        row = try_for(request.user, try_id)
        left = [entry for entry in tries.entries(row) if entry.answer is None]
        if not left:
            return Response(status=204)
        return Response({"assignments": [_as_assignment(row, entry) for entry in left]}, status=201)

    @extend_schema(exclude=True)
    def get(self, request: ApiSignedIn, try_id: UUID, again: UUID) -> Response:
        return Response({"assignments": []})


class TrySubmitInput(serializers.Serializer[Any]):
    answer = serializers.JSONField()
    seconds = serializers.FloatField(min_value=0, max_value=86_400, default=0)


class TrySubmitApi(APIView):
    open_before_notice = True

    @extend_schema(exclude=True)
    def post(self, request: ApiSignedIn, try_id: UUID, name: str) -> Response:
        row = try_for(request.user, try_id)
        body = TrySubmitInput(data=request.data)
        body.is_valid(raise_exception=True)
        told = tries.answer_try(row=row, place=_place(row, name), **body.validated_data)
        feedback = {"score": told.score, "answer": told.truth, "explanation": ""} if told else None
        return Response({"id": name} | ({"feedback": feedback} if feedback else {}), status=201)


class TryOtherApi(APIView):
    """Nothing is given back or flagged here, and no time runs out."""

    open_before_notice = True

    @extend_schema(exclude=True)
    def post(self, request: ApiSignedIn, try_id: UUID, name: str, verb: str) -> Response:
        try_for(request.user, try_id)
        if verb == "activity":
            return Response(status=204)
        raise Conflict(_("Not while trying out: answer it, or leave the page."), code="in_a_try")
