"""Gold items over REST: how people do on them, and what to do about wrong ones."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations.gold_page import GoldLine, gold_lines
from annotations.services import gold_truth
from common.idempotency import idempotent
from tasks_app import access


class GoldApi(APIView):
    """The gold items of a project, those first on which people do worst."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id, Role.REVIEWER)
        return Response({"results": [_json(line) for line in gold_lines(project)]})


def _json(line: GoldLine) -> dict[str, Any]:
    return {
        "item": str(line.id),
        "external_id": line.name,
        "truth": line.truth,
        "retired": line.retired,
        "answers": line.seen,
        "mean_score": line.mean,
        "flags": line.flags,
        "appeals": line.appeals,
        "suspicious": line.suspicious,
    }


class CorrectInput(serializers.Serializer[Any]):
    truth = serializers.DictField()
    reason = serializers.CharField(max_length=300)


class RetireInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


def _done(found: gold_truth.Rescored) -> Response:
    return Response(
        {"answers": found.answers, "people": found.people, "reinstated": found.reinstated}, status=200
    )


class CorrectGoldApi(APIView):
    """The truth was wrong: put another in place; everybody it touched is scored anew."""

    @extend_schema(request=CorrectInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, item_id: UUID) -> Response:
        item = access.item_for(request.user, item_id, Role.REVIEWER)
        body = CorrectInput(data=request.data)
        body.is_valid(raise_exception=True)
        return _done(gold_truth.correct_gold(item=item, actor=request.user, **body.validated_data))


class RetireGoldApi(APIView):
    """The item proves nothing: it counts for nobody any more."""

    @extend_schema(request=RetireInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, item_id: UUID) -> Response:
        item = access.item_for(request.user, item_id, Role.REVIEWER)
        body = RetireInput(data=request.data)
        body.is_valid(raise_exception=True)
        return _done(gold_truth.retire_gold(item=item, actor=request.user, **body.validated_data))
