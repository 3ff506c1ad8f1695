from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations import access, reviewing, selectors
from annotations.api.review import OldestFirst
from annotations.evidence import Evidence, FieldEvidence, evidence_of
from annotations.models import Answer, Appeal
from annotations.services import appeals
from common.idempotency import idempotent
from common.templatetags.show import label_title
from tasks_app.access import project_for
from tasks_app.pseudonyms import pseudonym


class AppealInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=1000)


class AppealOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    answer = serializers.UUIDField()
    state = serializers.CharField()
    text = serializers.CharField()
    decision = serializers.CharField()
    heard_by_same_reviewer = serializers.BooleanField()


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "id": str(appeal.pk),
        "answer": str(appeal.answer_id),
        "state": appeal.state,
        "text": appeal.text,
        "decision": appeal.decision,
        "heard_by_same_reviewer": appeal.same_reviewer,
    }


class AppealApi(APIView):
    """Object to the rejection of my answer: within 7 days, once."""

    open_before_notice = True

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
        rows = pages.paginate_queryset(reviewing.open_appeals(project), request, view=self) or []
        return pages.get_paginated_response([_open_appeal(row) for row in rows])


def _open_appeal(row: Appeal) -> dict[str, Any]:
    answer = row.answer
    return {
        **_appeal(row),
        "annotator": pseudonym(answer.project_id, answer.worker_id),
        "value": answer.value,
        "reason": answer.reason,
        "code": answer.category,
        "item": {"id": str(answer.item_id), "payload": answer.item.payload},
        "created_at": row.created_at.isoformat(),
    }


class FieldEvidenceOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    yours = serializers.JSONField()
    settled = serializers.BooleanField()
    accepted = serializers.JSONField(help_text="null while `settled` is false")
    only_yours = serializers.ListField(child=serializers.CharField())
    only_accepted = serializers.ListField(child=serializers.CharField())


class EvidenceOutput(serializers.Serializer[Any]):
    state = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    reason = serializers.CharField()
    passage = serializers.CharField(help_text="quoted from the instructions")
    may_appeal_until = serializers.DateTimeField(allow_null=True)
    fields_ = FieldEvidenceOutput(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {("fields" if name == "fields_" else name): one for name, one in super().get_fields().items()}


class EvidenceApi(APIView):
    """Why my answer was rejected: the reason, the instructions' passage, the accepted value beside mine."""

    open_before_notice = True

    @extend_schema(responses=EvidenceOutput)
    def get(self, request: ApiSignedIn, answer_id: UUID) -> Response:
        answer = access.answer_for(request.user, answer_id)
        return Response(_evidence(answer, evidence_of(answer)))


def _evidence(answer: Answer, evidence: Evidence) -> dict[str, Any]:
    appealed = Appeal.objects.filter(answer=answer).exists()
    return {
        "state": answer.state,
        "code": evidence.category.name if evidence.category else "",
        "title": label_title(evidence.category) if evidence.category else "",
        "reason": evidence.reason,
        "passage": evidence.passage,
        "may_appeal_until": None if appealed else selectors.may_appeal_until(answer),
        "fields": [_field(one) for one in evidence.fields],
    }


def _field(one: FieldEvidence) -> dict[str, Any]:
    return {
        "field": one.shape.name,
        "yours": one.yours,
        "settled": one.settled,
        "accepted": one.accepted if one.settled else None,
        "only_yours": one.difference.extra if one.difference else [],
        "only_accepted": one.difference.lacking if one.difference else [],
    }
