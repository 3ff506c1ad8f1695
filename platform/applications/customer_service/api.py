from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications.customer_service.access import pair_for, service_for, unknown_for
from applications.customer_service.drafting import Draft
from applications.customer_service.models import Pair, Unknown
from applications.customer_service.reading import read_pairs
from applications.customer_service.services.chat import (
    Answered,
    ask_service,
    conversation_of,
    end_conversation,
)
from applications.customer_service.services.joining import count_left_out
from applications.customer_service.services.pairs import add_pairs, change_pair
from applications.customer_service.services.unknown import answer_unknown, follow_tasks, make_tasks
from common.idempotency import idempotent
from common.pagination import ById


class AskInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=5_000)
    conversation = serializers.UUIDField(required=False, allow_null=True, default=None)
    end_user = serializers.CharField(required=False, max_length=200, default="", allow_blank=True)


class AskApi(APIView):
    """Answer a customer with approved answers, cited; `known` is false where none is near enough."""

    @extend_schema(request=AskInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = service_for(request.user, project_id)
        body = AskInput(data=request.data)
        body.is_valid(raise_exception=True)
        found = ask_service(project=project, actor=request.user, **body.validated_data)
        return Response(_answered(found))


def _answered(found: Answered) -> dict[str, Any]:
    row = found.exchange
    return {
        "conversation": str(row.conversation_id),
        "exchange": str(row.pk),
        "known": found.known,
        "answer": row.answer or None,
        "writer": row.writer or None,
        "similarity": row.similarity,
        "citations": [{**_pair(one.pair), "similarity": one.similarity} for one in found.cited],
        "understood": {
            name: {
                "value": one.value, "confidence": one.confidence, "prediction": str(one.pk),
                "version": one.version.number, "model": one.version.model.name,
            }
            for name, one in found.understood.items()
        },
        "unknown": str(row.unknown_id) if row.unknown_id else None,
    }  # fmt: skip


class EndInput(serializers.Serializer[Any]):
    rating = serializers.IntegerField(min_value=1, max_value=5)


class EndApi(APIView):
    """End a conversation with 1 to 5 stars."""

    @extend_schema(request=EndInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, conversation_id: UUID) -> Response:
        project = service_for(request.user, project_id)
        body = EndInput(data=request.data)
        body.is_valid(raise_exception=True)
        chat = conversation_of(project, request.user, conversation_id)
        row = end_conversation(conversation=chat, actor=request.user, **body.validated_data)
        return Response({"conversation": str(row.pk), "rating": row.rating, "ended_at": row.ended_at})


class PairInput(serializers.Serializer[Any]):
    question = serializers.CharField(max_length=5_000)
    answer = serializers.CharField(max_length=5_000)
    language = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)


class PairsInput(serializers.Serializer[Any]):
    pairs = serializers.ListField(child=PairInput(), min_length=1, max_length=10_000, required=False)
    file = serializers.FileField(required=False)


class PairsApi(APIView):
    """Approved pairs, newest first; `left_out` counts approved answers that are empty or too long to be one.
    POST adds some, as JSON or as a file (CSV, JSON, JSON Lines)."""

    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = service_for(request.user, project_id)
        pages = ById()
        rows = Pair.objects.filter(project=project).defer("vector", "words")
        found = pages.paginate_queryset(rows, request, view=self) or []
        answer = pages.get_paginated_response([_pair(row) for row in found])
        answer.data["left_out"] = count_left_out(project)
        return answer

    @extend_schema(request=PairsInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = service_for(request.user, project_id)
        drafts, source = _drafts(request)
        added = add_pairs(project=project, drafts=drafts, source=source, actor=request.user)
        return Response({"sent": len(drafts), "added": [_pair(row) for row in added]}, status=201)


def _drafts(request: Request) -> tuple[list[Draft], str]:
    body = PairsInput(data=request.data)
    body.is_valid(raise_exception=True)
    if file := body.validated_data.get("file"):
        return read_pairs(file.read(), file.name), Pair.Source.FILE
    return [Draft(**one) for one in body.validated_data.get("pairs", [])], Pair.Source.HAND


def _pair(row: Pair) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "question": row.question,
        "answer": row.answer,
        "language": row.language,
        "source": row.source,
        "item": str(row.item_id) if row.item_id else None,
        "is_on": row.is_on,
        "stands": row.stands,
        "edited": row.edited,
        "indexed": bool(row.encoder),
    }


class PairChange(serializers.Serializer[Any]):
    question = serializers.CharField(max_length=5_000, required=False)
    answer = serializers.CharField(max_length=5_000, required=False)
    is_on = serializers.BooleanField(required=False)


class PairApi(APIView):
    """Edit a pair or switch it off."""

    @extend_schema(request=PairChange, responses={200: OpenApiResponse()})
    def patch(self, request: ApiSignedIn, project_id: UUID, pair_id: UUID) -> Response:
        pair = pair_for(service_for(request.user, project_id), pair_id)
        body = PairChange(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_pair(change_pair(pair=pair, actor=request.user, **body.validated_data)))


class UnknownInput(serializers.Serializer[Any]):
    questions = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)


class UnknownApi(APIView):
    """Questions without an approved answer. POST makes tasks of those named: they are "making" until their
    items are imported, then "task"; where that fails they are "new" again, with a `problem`."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = service_for(request.user, project_id)
        follow_tasks(project)
        pages = ById()
        rows = Unknown.objects.filter(project=project, restricted=False).defer("vector")
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([_unknown(row) for row in found])

    @extend_schema(request=UnknownInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = service_for(request.user, project_id)
        body = UnknownInput(data=request.data)
        body.is_valid(raise_exception=True)
        rows = make_tasks(project=project, unknown_ids=body.validated_data["questions"], actor=request.user)
        return Response({"results": [_unknown(row) for row in rows]})


def _unknown(row: Unknown) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "text": row.text,
        "language": row.language,
        "asked": row.asked,
        "state": row.state,
        "item": row.external_id if row.state != Unknown.State.NEW else None,
        "problem": row.problem or None,
        "pair": str(row.pair_id) if row.pair_id else None,
    }


class AnswerInput(serializers.Serializer[Any]):
    answer = serializers.CharField(max_length=5_000)


class AnswerApi(APIView):
    """Write the answer to an unknown question; the pair joins the index."""

    @extend_schema(request=AnswerInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, unknown_id: UUID) -> Response:
        unknown = unknown_for(service_for(request.user, project_id), unknown_id)
        body = AnswerInput(data=request.data)
        body.is_valid(raise_exception=True)
        pair = answer_unknown(unknown=unknown, actor=request.user, **body.validated_data)
        return Response(_pair(pair), status=201)
