"""Reports of personal data that was missed, and what reviewers decide on them."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import roles
from accounts.api import ApiSignedIn
from accounts.models import Role
from common.errors import Invalid
from common.idempotency import idempotent
from common.pagination import ById
from privacy.models import MissedValue
from privacy.pii.finding import KINDS
from tasks_app import access
from tasks_app.api.work import PlaceInput
from tasks_app.protecting import missed, preview
from tasks_app.protecting.missed import Place


def missed_json(row: MissedValue) -> dict[str, Any]:
    """Without the value: whoever may decide reads it in the item."""
    place = None if row.turn is None else {"turn": row.turn, "start": row.start, "end": row.end}
    return {
        "id": str(row.pk),
        "project": str(row.project),
        "item": str(row.item),
        "place": place,
        "kind": row.kind,
        "source": row.source,
        "state": row.state,
        "reason": row.reason,
        "fixed": row.fixed,
        "created_at": row.created_at,
        "decided_at": row.decided_at,
    }


class MissedValuesApi(APIView):
    """Reports of missed personal data in the projects that the person reviews."""

    @extend_schema(
        operation_id="missed_values_list",
        responses={200: None},
        parameters=[OpenApiParameter("state", str), OpenApiParameter("project", str)],
    )
    def get(self, request: ApiSignedIn) -> Response:
        project = None
        if wanted := request.query_params.get("project"):
            project = access.project_for(request.user, _uuid(wanted), Role.REVIEWER)
        rows = preview.missed_for(request.user, project=project)
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state)
        paginator = ById()
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response([missed_json(row) for row in page or []])


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("This is not the id of a project.")) from None


class ConfirmInput(serializers.Serializer[Any]):
    """`spans` or `words` say where, if it was not marked. `everywhere`: the whole site (administrators)."""

    kind = serializers.ChoiceField(choices=sorted(KINDS))
    spans = serializers.ListField(child=PlaceInput(), required=False, default=list, max_length=20)
    words = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    everywhere = serializers.BooleanField(required=False, default=False)


class ConfirmApi(APIView):
    """It is personal data: replaced in every copy, and looked for from now on."""

    @extend_schema(request=ConfirmInput, responses={200: None, 409: None, 422: None})
    @idempotent
    def post(self, request: ApiSignedIn, missed_id: UUID) -> Response:
        row = access.missed_value_for(request.user, missed_id)
        body = ConfirmInput(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        if values["everywhere"]:
            roles.require_site_role(request.user, Role.ADMIN)
        places = [Place(**one) for one in values.pop("spans")]
        return Response(
            missed_json(missed.confirm_missed(missed_id=row.pk, actor=request.user, places=places, **values))
        )


class RejectInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class RejectApi(APIView):
    """It is no personal data: the item returns to the queue, and whoever flagged it reads the reason."""

    @extend_schema(request=RejectInput, responses={200: None, 409: None, 422: None})
    @idempotent
    def post(self, request: ApiSignedIn, missed_id: UUID) -> Response:
        row = access.missed_value_for(request.user, missed_id)
        body = RejectInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            missed_json(missed.reject_missed(missed_id=row.pk, actor=request.user, **body.validated_data))
        )
