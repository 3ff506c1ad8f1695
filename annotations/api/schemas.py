from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations.schema_views import versions_compared
from tasks_app import access

_PARAMETERS = [OpenApiParameter("older", int), OpenApiParameter("newer", int)]


class SchemaCompareApi(APIView):
    """What changed between two versions of a project's fields, by number; without, the last two.

    `fit`: of the latest answers given under the older one, how many suit the newer one as they are.
    """

    @extend_schema(parameters=_PARAMETERS, responses={200: None, 404: None}, operation_id="schemas_compare")
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        asked = (request.query_params.get(name, "") for name in ("older", "newer"))
        found = versions_compared(project, *asked)
        return Response(
            {
                "older": found["older"] and found["older"]["number"],
                "newer": found["newer"] and found["newer"]["number"],
                "changes": [asdict(change) for change in found["changes"]],
                "fit": asdict(found["fit"]) if found["fit"] else None,
            }
        )
