from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations import access, reviewing
from annotations.differences import difference
from annotations.models import Consensus
from annotations.services import review
from common.idempotency import idempotent
from tasks_app.access import project_for
from tasks_app.categories import OTHER
from tasks_app.fields.base import Field
from tasks_app.models import Project
from tasks_app.selectors import current_fields


class ByGain(CursorPagination):
    ordering: str | tuple[str, ...] = ("-gain", "id")
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class OldestFirst(ByGain):
    ordering = "id"


class ReviewsApi(APIView):
    """What waits for me to review, the greatest expected gain first, with all answers side by side.

    `gain` is the doubt times the answers that wait for it, plus the labels that a decision is expected to put
    right. `differs` of an answer is its distance to the consensus, 0 to 1.
    """

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REVIEWER)
        pages = ByGain()
        rows = (
            pages.paginate_queryset(reviewing.review_queue(project, request.user), request, view=self) or []
        )
        shapes = shapes_of(project)
        return pages.get_paginated_response(
            [_entry(entry, shapes) for entry in reviewing.review_entries(rows)]
        )


Shapes = Mapping[str, Field]


def shapes_of(project: Project) -> Shapes:
    return {field.name: field for field in current_fields(project)}


def _entry(entry: reviewing.ReviewEntry, shapes: Shapes) -> dict[str, Any]:
    row = entry.consensus
    return {
        **entry_json(entry, shapes),
        "confidence": row.confidence,
        "gain": row.gain,
        "cause": row.cause,
        "reviewers_needed": row.project.reviewers_needed,
        "reviewers_decided": entry.decided,
        "posterior": row.posterior,
        "approves_itself_at": entry.approves_itself_at,
        "history": [asdict(one) for one in entry.history],
    }


def entry_json(entry: reviewing.ReviewEntry, shapes: Shapes) -> dict[str, Any]:
    """The part that also a second reviewer may see."""
    row, item = entry.consensus, entry.item
    shape = shapes.get(row.field)  # None: the project no longer has this field
    return {
        "id": str(row.pk),
        "item": {"id": str(item.pk), "external_id": item.external_id, "payload": item.payload},
        "field": row.field,
        "value": row.value,
        "beside": entry.beside,
        "answers": [_answer(answer, shape, entry) for answer in entry.answers],
    }


def _answer(
    answer: reviewing.AnswerView, shape: Field | None, entry: reviewing.ReviewEntry
) -> dict[str, Any]:
    found = shape and difference(shape, answer.whole, entry.truth, entry.item.payload)
    return {
        "id": str(answer.id),
        "annotator": answer.annotator,
        "skill": answer.skill,
        "value": answer.value,
        "seconds": answer.seconds,
        "state": answer.state,
        "differs": found.distance if found else None,
        "only_here": found.extra if found else [],
        "lacking": found.lacking if found else [],
    }


def _decided(row: Consensus) -> dict[str, Any]:
    waits = row.state == Consensus.State.REVIEW and row.project.reviewers_needed > 1
    shown = {"id": str(row.pk), "state": row.state, "value": row.value, "confidence": row.confidence}
    return {**shown, "waits_for_another": waits}


class ConsensusOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    value = serializers.JSONField()
    confidence = serializers.FloatField()
    waits_for_another = serializers.BooleanField(help_text="more reviewers have to come to the same")


class ApproveApi(APIView):
    @extend_schema(request=None, responses=ConsensusOutput)
    @idempotent
    def post(self, request: ApiSignedIn, consensus_id: UUID) -> Response:
        row = access.consensus_for(request.user, consensus_id)
        return Response(_decided(review.approve_consensus(consensus=row, actor=request.user)))


class CorrectInput(serializers.Serializer[Any]):
    value = serializers.JSONField(allow_null=True)
    reason = serializers.CharField(max_length=500)
    code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class CorrectApi(APIView):
    @extend_schema(request=CorrectInput, responses=ConsensusOutput)
    @idempotent
    def post(self, request: ApiSignedIn, consensus_id: UUID) -> Response:
        row = access.consensus_for(request.user, consensus_id)
        body = CorrectInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        done = review.correct_consensus(
            consensus=row,
            value=data["value"],
            reason=data["reason"],
            category=data["code"],
            actor=request.user,
        )
        return Response(_decided(done))


class RejectInput(serializers.Serializer[Any]):
    """`code`: one of the project's `error_categories`; without one the `reason` says it all."""

    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    code = serializers.CharField(max_length=40, required=False, default=OTHER.name)
    passage = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
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
            category=body.validated_data["code"],
            passage=body.validated_data["passage"],
            answer_ids=body.validated_data.get("answers"),
        )
        rejected = [str(answer.pk) for answer in done.answers]
        return Response({**_decided(done.consensus), "rejected": rejected, "reopened_slots": done.reopened})
