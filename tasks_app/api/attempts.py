"""Taking a test over REST. The second half answers as the workbench's paths do, whose element serves here."""

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
from common.errors import Conflict
from common.idempotency import idempotent
from tasks_app.models import QualificationAttempt, QualificationItem
from tasks_app.qualification_reads import attempt_for, qualification_for, question_json, questions
from tasks_app.services import attempts

_NO_LIMIT = timedelta(days=1)


class StartInput(serializers.Serializer[Any]):
    part = serializers.ChoiceField(choices=QualificationItem.Part.choices, default="exam")


def attempt_json(attempt: QualificationAttempt) -> dict[str, Any]:
    """Before the end nothing tells how it goes; of an exam never which answers were right."""
    body = {
        "id": str(attempt.pk),
        "qualification": str(attempt.qualification_id),
        "part": attempt.part,
        "state": attempt.state,
        "started_at": attempt.started_at,
        "expires_at": attempt.expires_at,
        "fields": attempt.qualification.fields,
        "items": [
            {**question_json(item), "answered": str(item.pk) in attempt.answers}
            for item in questions(attempt)
        ],
    }
    if attempt.state == QualificationAttempt.State.OPEN:
        return body
    retry = attempts.retry_at(attempt.qualification, attempt.worker)
    return {**body, "score": attempt.score, "finished_at": attempt.finished_at, "retry_at": retry}


class StartApi(APIView):
    """Begin, or go on with what is open."""

    @extend_schema(request=StartInput, responses={201: None, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        row = qualification_for(request.user, qualification_id)
        body = StartInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        part = body.validated_data["part"]
        attempt = attempts.start_attempt(qualification=row, worker=request.user, part=part)
        return Response(attempt_json(attempt), status=201)


class AttemptApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, attempt_id: UUID) -> Response:
        attempt = attempts.up_to_date(attempt=attempt_for(request.user, attempt_id))
        return Response(attempt_json(attempt))


class AnswerInput(serializers.Serializer[Any]):
    item = serializers.UUIDField()
    answer = serializers.JSONField()


class AnswerApi(APIView):
    """Answer one question. In training the reply says what is right and why; in an exam that it is kept."""

    open_before_notice = True

    @extend_schema(request=AnswerInput, responses={201: None, 409: None})
    def post(self, request: ApiSignedIn, attempt_id: UUID) -> Response:
        body = AnswerInput(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        attempt = attempt_for(request.user, attempt_id)
        found = attempts.answer_item(attempt=attempt, item_id=sent["item"], answer=sent["answer"])
        return Response({"item": str(sent["item"]), **feedback_json(found)}, status=201)


def feedback_json(found: attempts.Feedback | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "feedback": {"score": found.score, "answer": found.answer, "explanation": found.explanation},
    }


class HandInApi(APIView):
    open_before_notice = True

    @extend_schema(request=None, responses={200: None})
    def post(self, request: ApiSignedIn, attempt_id: UUID) -> Response:
        attempt = attempts.hand_in(attempt=attempt_for(request.user, attempt_id))
        return Response(attempt_json(attempt))


# -- as the workbench asks ---------------------------------------------------------------------------------


def _as_assignment(attempt: QualificationAttempt, item: QualificationItem) -> dict[str, Any]:
    return {
        "id": str(item.pk),
        "lease_expires_at": attempt.expires_at or timezone.now() + _NO_LIMIT,
        "item": question_json(item),
        "schema_version": 1,
        "fields": attempt.qualification.fields,
    }


class BenchClaimApi(APIView):
    """The questions still open, as items lent."""

    @extend_schema(exclude=True)
    def post(self, request: ApiSignedIn, attempt_id: UUID, again: UUID) -> Response:
        attempt = attempts.up_to_date(attempt=attempt_for(request.user, attempt_id))
        left = [] if attempt.state != attempts.State.OPEN else questions(attempt, open_only=True)
        if not left:
            return Response(status=204)
        return Response({"assignments": [_as_assignment(attempt, item) for item in left]}, status=201)

    @extend_schema(exclude=True)
    def get(self, request: ApiSignedIn, attempt_id: UUID, again: UUID) -> Response:
        return Response({"assignments": []})


class BenchSubmitInput(serializers.Serializer[Any]):
    answer = serializers.JSONField()


class BenchSubmitApi(APIView):
    open_before_notice = True

    @extend_schema(exclude=True)
    def post(self, request: ApiSignedIn, attempt_id: UUID, item_id: UUID) -> Response:
        body = BenchSubmitInput(data=request.data)
        body.is_valid(raise_exception=True)
        attempt = attempt_for(request.user, attempt_id)
        found = attempts.answer_item(attempt=attempt, item_id=item_id, answer=body.validated_data["answer"])
        return Response({"id": str(item_id), **feedback_json(found)}, status=201)


class BenchOtherApi(APIView):
    """A question is neither given back nor flagged, and its time is that of the whole test."""

    open_before_notice = True

    @extend_schema(exclude=True)
    def post(self, request: ApiSignedIn, attempt_id: UUID, item_id: UUID, verb: str) -> Response:
        attempt_for(request.user, attempt_id)
        raise Conflict(_("Not in a test: answer as well as you can, or hand it in."), code="in_a_test")
