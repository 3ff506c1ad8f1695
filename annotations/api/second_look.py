from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations import access, second_look
from annotations.api.review import OldestFirst, Shapes, entry_json, shapes_of
from annotations.models import Review, SecondReview
from annotations.services import second_look as services
from common.idempotency import idempotent
from tasks_app.access import project_for


class SecondReviewsApi(APIView):
    """Decisions of other reviewers that I may take again, blindly: what they decided is not shown."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REVIEWER)
        pages = OldestFirst()
        rows = second_look.waiting_for(request.user, project)
        found = pages.paginate_queryset(rows, request, view=self) or []
        shapes = shapes_of(project)
        return pages.get_paginated_response(
            [{**entry_json(second_look.blind_entry(row), shapes), "id": str(row.pk)} for row in found]
        )


class DecideAgainInput(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=Review.Action.choices)
    value = serializers.JSONField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class SecondReviewOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()


def _second(row: SecondReview) -> dict[str, Any]:
    return {"id": str(row.pk), "state": row.state}


class DecideAgainApi(APIView):
    """Decide as if first. The answer tells whether the two of us agree."""

    @extend_schema(request=DecideAgainInput, responses=SecondReviewOutput)
    @idempotent
    def post(self, request: ApiSignedIn, second_id: UUID) -> Response:
        row = access.second_review_for(request.user, second_id)
        body = DecideAgainInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        category = data.pop("code")
        return Response(
            _second(services.decide_again(second=row, category=category, actor=request.user, **data))
        )


class DisagreementsApi(APIView):
    """Where two reviewers decided differently; a third one, or the owner, settles it."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REVIEWER)
        pages = OldestFirst()
        rows = pages.paginate_queryset(second_look.differing(project), request, view=self) or []
        shapes = shapes_of(project)
        return pages.get_paginated_response([_disagreement(row, shapes) for row in rows])


def _disagreement(row: SecondReview, shapes: Shapes) -> dict[str, Any]:
    first, entry = row.review, entry_json(second_look.blind_entry(row), shapes)
    return {
        **entry,
        "id": str(row.pk),
        "first": {
            "action": first.action,
            "value": first.after,
            "code": first.category,
            "reason": first.reason,
        },
        "second": {"action": row.action, "value": row.value, "code": row.category, "reason": row.reason},
    }


class ResolveInput(serializers.Serializer[Any]):
    side = serializers.ChoiceField(choices=[services.FIRST, services.SECOND])


class ResolveApi(APIView):
    @extend_schema(request=ResolveInput, responses=SecondReviewOutput)
    @idempotent
    def post(self, request: ApiSignedIn, second_id: UUID) -> Response:
        row = access.second_review_for(request.user, second_id)
        body = ResolveInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            _second(services.resolve(second=row, side=body.validated_data["side"], actor=request.user))
        )
