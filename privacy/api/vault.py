from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import roles
from accounts.api import ApiSignedIn
from accounts.models import Role
from common.pagination import ById
from privacy import vault_log


class AccessesApi(APIView):
    """Who looked at which originals, and why; newest first. For administrators."""

    @extend_schema(operation_id="vault_accesses_list", responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        roles.require_site_role(request.user, Role.ADMIN)
        paginator = ById()
        rows = paginator.paginate_queryset(vault_log.accesses(), request, view=self) or []
        return paginator.get_paginated_response([vault_log.look_json(one) for one in vault_log.looks(rows)])
