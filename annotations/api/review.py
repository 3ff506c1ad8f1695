from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations import access, selectors
from annotations.models import Appeal, Consensus
from annotations.pseudonyms import pseudonym
from annotations.services import appeals, review
from common.idempotency import idempotent
from tasks_app.access import project_for


class ByDoubt(CursorPagination):
    ordering: str | tuple[str, ...] = ("confidence", "id")
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class OldestFirst(ByDoubt):
    ordering = "id"


class ReviewsApi(APIView):
    """What waits for a reviewer, the most doubtful first, with everybody's answers side by side."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REVIEWER)
        pages = ByDoubt()
        rows = pages.paginate_queryset(selectors.review_queue(project), request, view=self) or []
        return pages.get_paginated_response([_entry(entry) for entry in selectors.review_entries(rows)])


def _entry(entry: selectors.ReviewEntry) -> dict[str, Any]:
    row, item = entry.consensus, entry.item
    return {
        "id": str(row.pk),
        "item": {"id": str(item.pk), "external_id": item.external_id, "payload": item.payload},
        "field": row.field,
        "value": row.value,
        "beside": entry.beside,
        "confidence": row.confidence,
        "cause": row.cause,
        "posterior": row.posterior,
        "answers": [_answer(answer) for answer in entry.answers],
    }


def _answer(answer: selectors.AnswerView) -> dict[str, Any]:
    return {
        "id": str(answer.id),
        "annotator": answer.annotator,
        "skill": answer.skill,
        "value": answer.value,
        "seconds": answer.seconds,
        "state": answer.state,
    }


def _decided(row: Consensus) -> dict[str, Any]:
    return {"id": str(row.pk), "state": row.state, "value": row.value, "confidence": row.confidence}


class ConsensusOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    value = serializers.JSONField()
    confidence = serializers.FloatField()


class ApproveApi(APIView):
    @extend_schema(request=None, responses=ConsensusOutput)
    @idempotent
    def post(self, request: ApiSignedIn, consensus_id: UUID) -> Response:
        row = access.consensus_for(request.user, consensus_id)
        return Response(_decided(review.approve_consensus(consensus=row, actor=request.user)))


class CorrectInput(serializers.Serializer[Any]):
    value = serializers.JSONField(allow_null=True)
    reason = serializers.CharField(max_length=500)


class CorrectApi(APIView):
    @extend_schema(request=CorrectInput, responses=ConsensusOutput)
    @idempotent
    def post(self, request: ApiSignedIn, consensus_id: UUID) -> Response:
        row = access.consensus_for(request.user, consensus_id)
        body = CorrectInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = review.correct_consensus(consensus=row, actor=request.user, **body.validated_data)
        return Response(_decided(done))


class RejectInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)
    answers = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=500
    )


class RejectOutput(ConsensusOutput):
    rejected = serializers.ListField(child=serializers.UUIDField())
    reopened_slots = serializers.IntegerField()


class RejectApi(APIView):
    """Send answers back unpaid; the reason reaches the annotators, and other people get the slots."""

    @extend_schema(request=RejectInput, responses=RejectOutput)
    @idempotent
    def post(self, request: ApiSignedIn, consensus_id: UUID) -> Response:
        row = access.consensus_for(request.user, consensus_id)
        body = RejectInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = review.reject_answers(
            consensus=row,
            actor=request.user,
            reason=body.validated_data["reason"],
            answer_ids=body.validated_data.get("answers"),
        )
        rejected = [str(answer.pk) for answer in done.answers]
        return Response({**_decided(done.consensus), "rejected": rejected, "reopened_slots": done.reopened})


class AppealInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=1000)


class AppealOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    answer = serializers.UUIDField()
    state = serializers.CharField()
    text = serializers.CharField()
    decision = serializers.CharField()


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "id": str(appeal.pk),
        "answer": str(appeal.answer_id),
        "state": appeal.state,
        "text": appeal.text,
        "decision": appeal.decision,
    }


class AppealApi(APIView):
    """Object to the rejection of my answer: within 7 days, once."""

    @extend_schema(request=AppealInput, responses={201: AppealOutput})
    @idempotent
    def post(self, request: ApiSignedIn, answer_id: UUID) -> Response:
        answer = access.answer_for(request.user, answer_id)
        body = AppealInput(data=request.data)
        body.is_valid(raise_exception=True)
        appeal = appeals.appeal_answer(answer=answer, actor=request.user, **body.validated_data)
        return Response(_appeal(appeal), status=201)


class DecideInput(serializers.Serializer[Any]):
    uphold = serializers.BooleanField()
    reason = serializers.CharField(max_length=500)


class DecideApi(APIView):
    """Upheld: the answer is approved and paid after all."""

    @extend_schema(request=DecideInput, responses=AppealOutput)
    @idempotent
    def post(self, request: ApiSignedIn, appeal_id: UUID) -> Response:
        appeal = access.appeal_for(request.user, appeal_id)
        body = DecideInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            _appeal(appeals.decide_appeal(appeal=appeal, actor=request.user, **body.validated_data))
        )


class AppealsApi(APIView):
    """Appeals of a project that wait for a decision, the oldest first."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REVIEWER)
        pages = OldestFirst()
        rows = pages.paginate_queryset(selectors.open_appeals(project), request, view=self) or []
        return pages.get_paginated_response([_open_appeal(row) for row in rows])


def _open_appeal(row: Appeal) -> dict[str, Any]:
    answer = row.answer
    return {
        **_appeal(row),
        "annotator": pseudonym(answer.project_id, answer.worker_id),
        "value": answer.value,
        "reason": answer.reason,
        "item": {"id": str(answer.item_id), "payload": answer.item.payload},
        "created_at": row.created_at.isoformat(),
    }
