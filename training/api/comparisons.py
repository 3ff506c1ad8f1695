from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from training import access
from training.models import VersionComparison
from training.services.comparisons import compare_versions


class ComparisonInput(serializers.Serializer[Any]):
    other = serializers.IntegerField(min_value=1, help_text="the version to compare with")


class ComparisonsApi(APIView):
    """A version against others on its own test items. POST asks for one more; it is computed once."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, name: str, number: int) -> Response:
        version = access.version_for(request.user, name, number)
        rows = access.comparisons_of(version.model).filter(version=version)
        return Response({"results": [comparison_json(row) for row in rows[:200]]})

    @extend_schema(request=ComparisonInput, responses={202: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        body = ComparisonInput(data=request.data)
        body.is_valid(raise_exception=True)
        version = access.version_for(request.user, name, number)
        other = access.version_for(request.user, name, body.validated_data["other"])
        wish = compare_versions(version=version, other=other, actor=request.user)
        return Response(comparison_json(wish), status=202)


def comparison_json(row: VersionComparison) -> dict[str, Any]:
    """`parts` is null until it is computed: [{kind, name, units, candidate, current, value, low, high}]."""
    return {
        "id": str(row.pk),
        "version": row.version.number,
        "other": row.other.number,
        "state": row.state,
        "reason": row.reason,
        "parts": row.parts,
    }
