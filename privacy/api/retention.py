from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from privacy.desk_access import require_privacy_desk
from privacy.models import RetentionRule
from privacy.retention import all_kinds
from privacy.services import retention


class RuleOutput(serializers.ModelSerializer[RetentionRule]):
    class Meta:
        model = RetentionRule
        fields = ["kind", "project", "days", "is_on", "changed_at"]


class RetentionApi(APIView):
    """The kinds of record, and the rules on how long they are kept (administrators)."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        require_privacy_desk(request.user)
        kinds = [
            {"name": one.name, "title": str(one.title), "by_project": bool(one.project), "days": one.days}
            for one in all_kinds()
        ]
        rows = RetentionRule.objects.order_by("kind", "project")
        return Response({"kinds": kinds, "rules": RuleOutput(rows, many=True).data})


class PreviewQuery(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=36_500)
    project = serializers.UUIDField(required=False, allow_null=True, default=None)


class RuleInput(PreviewQuery):
    is_on = serializers.BooleanField()


class RetentionKindApi(APIView):
    """GET: a dry run, what would go with `days`. PUT: the rule; the same rule again changes nothing."""

    @extend_schema(parameters=[PreviewQuery], responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, kind: str) -> Response:
        require_privacy_desk(request.user)
        query = PreviewQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = retention.preview(kind=kind, **query.validated_data)
        return Response(
            {"count": found.count, "oldest": found.oldest, "samples": found.samples, "before": found.before}
        )

    @extend_schema(request=RuleInput, responses=RuleOutput)
    def put(self, request: ApiSignedIn, kind: str) -> Response:
        require_privacy_desk(request.user)
        body = RuleInput(data=request.data)
        body.is_valid(raise_exception=True)
        rule = retention.set_rule(kind=kind, actor=request.user.pk, **body.validated_data)
        return Response(RuleOutput(rule).data)
