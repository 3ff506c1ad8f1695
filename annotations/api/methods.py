from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations.aggregation.inference import METHODS
from annotations.services.methods import fix_method
from tasks_app.access import project_for


class MethodInput(serializers.Serializer[Any]):
    method = serializers.ChoiceField(choices=[*METHODS, ""], help_text="Empty: by gold, or by default.")


class MethodApi(APIView):
    """How the answers to a field are weighed from the next fit on."""

    @extend_schema(request=MethodInput, responses={204: OpenApiResponse(description="Taken down.")})
    def put(self, request: ApiSignedIn, project_id: UUID, field: str) -> Response:
        project = project_for(request.user, project_id, Role.REQUESTER)
        body = MethodInput(data=request.data)
        body.is_valid(raise_exception=True)
        fix_method(project=project, field=field, method=body.validated_data["method"], actor=request.user)
        return Response(status=204)
