from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Membership, Role
from accounts.services import memberships
from common.idempotency import idempotent
from tasks_app import access

# Administrators administer the site; a project has the other three.
IN_PROJECT = [Role.ANNOTATOR, Role.REVIEWER, Role.REQUESTER]


class MemberInput(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=IN_PROJECT)


def member_json(row: Membership) -> dict[str, Any]:
    return {"id": row.pk, "email": row.user.email, "role": row.role}


class MembersApi(APIView):
    """Who has which role in a project: invited annotators, reviewers, further requesters."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        rows = Membership.objects.filter(scope=project.pk).select_related("user").order_by("pk")
        return Response({"results": [member_json(row) for row in rows]})

    @extend_schema(request=MemberInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = MemberInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = memberships.grant_role(**body.validated_data, scope=project.pk, actor=request.user.pk)
        return Response(member_json(row), status=201)


class MemberApi(APIView):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: ApiSignedIn, project_id: UUID, membership_id: int) -> Response:
        project = access.project_for(request.user, project_id)
        memberships.revoke_role(membership_id=membership_id, scope=project.pk, actor=request.user.pk)
        return Response(status=204)
