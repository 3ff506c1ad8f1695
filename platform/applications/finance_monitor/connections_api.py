from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications.finance_monitor import access, presenting
from applications.finance_monitor.models import Delivery, Source
from applications.finance_monitor.services import connections
from common.idempotency import Redacted, idempotent
from common.pagination import ById


class SourceInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    url = serializers.CharField(max_length=500)
    minutes = serializers.IntegerField(required=False, default=15)


class WebhookInput(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500)


class SourcesApi(APIView):
    """Feeds and folders that texts are fetched from."""

    @extend_schema(operation_id="finance_monitor_sources", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        rows = monitor.sources.order_by("pk")
        return Response({"results": [presenting.source_json(row) for row in rows]})

    @extend_schema(request=SourceInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        body = SourceInput(data=request.data)
        body.is_valid(raise_exception=True)
        source = connections.add_source(monitor=monitor, actor=request.user, **body.validated_data)
        return Response(presenting.source_json(source), status=201)


class SourceApi(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: ApiSignedIn, project_id: UUID, source_id: UUID) -> Response:
        source = access.source_for(access.monitor_for(request.user, project_id), source_id)
        connections.remove_source(source=source, actor=request.user)
        return Response(status=204)


class WebhooksApi(APIView):
    """Where alerts are sent to. The secret is in the answer to POST, and nowhere else ever."""

    @extend_schema(operation_id="finance_monitor_webhooks", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        rows = monitor.webhooks.order_by("pk")
        return Response({"results": [presenting.webhook_json(row) for row in rows]})

    @extend_schema(request=WebhookInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        body = WebhookInput(data=request.data)
        body.is_valid(raise_exception=True)
        new = connections.add_webhook(monitor=monitor, actor=request.user, **body.validated_data)
        kept = presenting.webhook_json(new.hook)
        return Redacted({**kept, "secret": new.secret}, kept=kept, status=201)


class WebhookApi(APIView):
    """Its log of deliveries, newest first; DELETE stops it and removes the log."""

    @extend_schema(operation_id="finance_monitor_deliveries", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID, webhook_id: UUID) -> Response:
        hook = access.webhook_for(access.monitor_for(request.user, project_id), webhook_id)
        pages = ById()
        rows = pages.paginate_queryset(Delivery.objects.filter(webhook=hook), request, view=self)
        return pages.get_paginated_response([presenting.delivery_json(row) for row in rows or []])

    @extend_schema(responses={204: None})
    def delete(self, request: ApiSignedIn, project_id: UUID, webhook_id: UUID) -> Response:
        hook = access.webhook_for(access.monitor_for(request.user, project_id), webhook_id)
        connections.remove_webhook(hook=hook, actor=request.user)
        return Response(status=204)
