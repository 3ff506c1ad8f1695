from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.pagination import ById
from privacy import vault_log
from privacy.services import vault
from tasks_app import access

NEVER_KEEP = {"Cache-Control": "no-store, private"}


class RevealInput(serializers.Serializer[Any]):
    reason = serializers.CharField(min_length=vault.LEAST_REASON, max_length=300)


class RevealApi(APIView):
    """The values that were replaced in an item. Who asks, when and why goes on record.

    A repeated request is another look, on record like the first: the answer to an Idempotency-Key would have
    to be stored.
    """

    @extend_schema(request=RevealInput, responses={200: None})
    def post(self, request: ApiSignedIn, item_id: UUID) -> Response:
        item = access.item_to_reveal(request.user, item_id)
        body = RevealInput(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data["reason"]
        originals = vault.reveal(item_id=item.pk, actor=request.user.pk, reason=reason)
        return Response({"item": str(item.pk), "originals": originals}, headers=NEVER_KEEP)


class ProjectAccessesApi(APIView):
    """Who looked at a project's originals, and why; newest first."""

    @extend_schema(operation_id="project_vault_accesses_list", responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_to_reveal(request.user, project_id)
        paginator = ById()
        rows = paginator.paginate_queryset(vault_log.accesses(project=project.pk), request, view=self) or []
        return paginator.get_paginated_response([vault_log.look_json(one) for one in vault_log.looks(rows)])
