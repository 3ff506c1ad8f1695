from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations.api.export import AnyRenderer
from common.idempotency import idempotent
from common.pagination import ById
from training import access
from training.api.present import model_json, version_json
from training.services import registry
from training.services.erasures import keep_version
from training.services.hub import push_version
from training.views.downloads import download


class PromoteInput(serializers.Serializer[Any]):
    override = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class RollbackInput(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class ModelsApi(APIView):
    @extend_schema(operation_id="models_list", responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_trainer_desk(request.user)
        paginator = ById()
        page = paginator.paginate_queryset(access.models_for(request.user), request, view=self)
        return paginator.get_paginated_response([model_json(row) for row in page or []])


class ModelApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, name: str) -> Response:
        model = access.model_for(request.user, name)
        versions = model.versions.order_by("-number")
        return Response({**model_json(model), "versions": [version_json(row) for row in versions]})


class PromoteApi(APIView):
    """409 with the gate's figures when the version is worse than the one in production."""

    @extend_schema(request=PromoteInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        body = PromoteInput(data=request.data)
        body.is_valid(raise_exception=True)
        version = access.version_for(request.user, name, number)
        registry.promote_version(version=version, actor=request.user, **body.validated_data)
        return Response(version_json(version))


class RollbackApi(APIView):
    @extend_schema(request=RollbackInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        body = RollbackInput(data=request.data)
        body.is_valid(raise_exception=True)
        version = access.version_for(request.user, name, number)
        now_serving = registry.roll_back(version=version, actor=request.user, **body.validated_data)
        return Response(version_json(now_serving))


class ArchiveApi(APIView):
    """Out of the way: it is kept and can be downloaded, but answers nobody."""

    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        version = access.version_for(request.user, name, number)
        return Response(version_json(registry.archive_version(version=version, actor=request.user)))


class RestoreApi(APIView):
    """An archived version becomes a candidate again."""

    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        version = access.version_for(request.user, name, number)
        return Response(version_json(registry.restore_version(version=version, actor=request.user)))


class KeepInput(serializers.Serializer[Any]):
    legal_ground = serializers.CharField(max_length=500)


class KeepApi(APIView):
    """End the quarantine of a version that learned from erased data, on a ground that its card names."""

    @extend_schema(request=KeepInput, responses={200: None, 409: None, 422: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        version = access.version_for(request.user, name, number)
        body = KeepInput(data=request.data)
        body.is_valid(raise_exception=True)
        kept = keep_version(version=version, ground=body.validated_data["legal_ground"], actor=request.user)
        return Response(version_json(kept))


class GuardsInput(serializers.Serializer[Any]):
    kinds = serializers.ListField(child=serializers.CharField(max_length=20), max_length=10)
    tolerance = serializers.FloatField(required=False, default=0.0)
    membership = serializers.FloatField(required=False, allow_null=True, default=None)


class GuardsApi(APIView):
    """Which parts of the test items the gate guards, how much worse one of them may get, and (`membership`,
    an AUC from 0.5 to 1) how well members may be told from others at most; null asks nothing of that."""

    @extend_schema(request=GuardsInput, responses={200: None})
    def put(self, request: ApiSignedIn, name: str) -> Response:
        model = access.model_for(request.user, name)
        body = GuardsInput(data=request.data)
        body.is_valid(raise_exception=True)
        registry.set_guards(model=model, actor=request.user, **body.validated_data)
        return Response(model_json(model))


class DownloadApi(APIView):
    """The version's whole folder as a zip: safetensors, JSON, the tokenizer's files, the card."""

    content_negotiation_class = AnyRenderer

    @extend_schema(responses={200: OpenApiTypes.BINARY})
    def get(self, request: ApiSignedIn, name: str, number: int) -> StreamingHttpResponse:
        return download(access.version_for(request.user, name, number), request.user)


class PushInput(serializers.Serializer[Any]):
    repo = serializers.CharField(max_length=200)


class PushApi(APIView):
    """Put the version on a model hub, in the background; its state is the version's `hub`."""

    @extend_schema(request=PushInput, responses={202: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        version = access.version_for(request.user, name, number)
        body = PushInput(data=request.data)
        body.is_valid(raise_exception=True)
        push_version(version=version, repo=body.validated_data["repo"], actor=request.user)
        return Response(version_json(version), status=202)
