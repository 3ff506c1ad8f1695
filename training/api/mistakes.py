from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from training import access
from training.mistakes import MOST, SHOWN, Mistake, Wanted, mistakes_of
from training.services.mistakes import MOST_AT_ONCE, send_mistakes_back

_FILTERS = ("label", "speaker", "length", "language")


class MistakesApi(APIView):
    """What a run's model got wrong on the test items, the surest mistakes first."""

    @extend_schema(
        operation_id="runs_errors_list",
        parameters=[*(OpenApiParameter(name, str) for name in _FILTERS), OpenApiParameter("limit", int)],
        responses={200: None},
    )
    def get(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = access.run_for(request.user, run_id)
        asked = request.query_params
        limit = serializers.IntegerField(min_value=1, max_value=MOST)
        most = limit.run_validation(asked.get("limit", SHOWN))
        wanted = Wanted(**{name: asked.get(name, "") for name in _FILTERS})
        rows, count = mistakes_of(run, wanted, most=most)
        return Response({"count": count, "results": [_json(row) for row in rows]})


class SendBackInput(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)
    ask_again = serializers.BooleanField(default=False)


class SendBackOutput(serializers.Serializer[Any]):
    sent = serializers.IntegerField()
    asked = serializers.IntegerField()
    skipped = serializers.IntegerField()


class SendBackApi(APIView):
    """Have people look again at items that the model got wrong; snapshots stay as they are."""

    @extend_schema(request=SendBackInput, responses=SendBackOutput)
    @idempotent
    def post(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = access.run_for(request.user, run_id)
        body = SendBackInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        done = send_mistakes_back(
            run=run, item_ids=data["items"], ask_again=data["ask_again"], actor=request.user
        )
        return Response({"sent": done.sent, "asked": done.asked, "skipped": done.skipped})


def _json(row: Mistake) -> dict[str, Any]:
    outcome, found = row.outcome, row.found
    return {
        "item": outcome.id,
        "here": row.item is not None,
        "turn": outcome.turn,
        "speaker": outcome.speaker,
        "truth": row.truth,
        "predicted": row.predicted,
        "confidence": outcome.confidence,
        "loss": outcome.loss,
        "lacking": list(found.lacking) if found else [],
        "extra": list(found.extra) if found else [],
        "state": row.state,
    }
