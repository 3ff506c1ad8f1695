from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from privacy import access, impact, register


class RegisterApi(APIView):
    """The record of processing activities (Art. 30), as this site is configured now. For administrators."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_privacy_desk(request.user)
        return Response(register.as_json())


class ImpactApi(APIView):
    """Risks, the measures against them that are there, and what is left (Art. 35). For administrators."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_privacy_desk(request.user)
        return Response(impact.as_json())
