from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications.finance_monitor import access, presenting, replaying
from applications.finance_monitor.models import Alert, Monitor
from applications.finance_monitor.services.monitors import check_settings, judge_alert, set_settings
from applications.finance_monitor.services.texts import Incoming, in_json, push_texts, retry_failed
from common.idempotency import idempotent
from common.pagination import ById

SHOWN_TEXTS = 100


class TextInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)
    at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    language = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)


class TextsInput(serializers.Serializer[Any]):
    texts = serializers.ListField(child=TextInput(), max_length=1000, min_length=1)


class LooksInput(serializers.Serializer[Any]):
    bin = serializers.ChoiceField(choices=Monitor.Bin.choices, required=False)
    season = serializers.ChoiceField(choices=Monitor.Season.choices, required=False)
    time_zone = serializers.CharField(max_length=60, required=False)
    calm_days = serializers.IntegerField(required=False)
    memory_days = serializers.IntegerField(required=False)


class SettingsInput(LooksInput):
    by_mail = serializers.BooleanField(required=False)


class ReplayInput(LooksInput):
    days = serializers.IntegerField(min_value=1, max_value=replaying.MOST_DAYS, required=False, default=60)


class JudgeInput(serializers.Serializer[Any]):
    true = serializers.BooleanField()


class TextsApi(APIView):
    """Up to 1,000 texts of the stream; each is taken once, however often it is sent."""

    @extend_schema(request=TextsInput, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        body = TextsInput(data=request.data)
        body.is_valid(raise_exception=True)
        texts = [Incoming(**one) for one in body.validated_data["texts"]]
        return Response(in_json(push_texts(monitor=monitor, texts=texts)), status=202)


class RetryApi(APIView):
    """Have the texts that could not be read tried again."""

    @extend_schema(request=None, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        return Response({"texts": retry_failed(monitor=monitor, actor=request.user)}, status=202)


class SeriesApi(APIView):
    """Counts and the usual range by topic, of the last days."""

    @extend_schema(
        parameters=[OpenApiParameter("days", int), OpenApiParameter("topic", str)],
        responses={200: OpenApiResponse()},
    )
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        days = serializers.IntegerField(min_value=1, max_value=replaying.MOST_DAYS).run_validation(
            request.query_params.get("days", "30")
        )
        topic = request.query_params.get("topic", "")
        seen = replaying.see(monitor, replaying.settings_of(monitor), days=days, topic=topic)
        return Response(
            {
                "bin": monitor.bin,
                "time_zone": monitor.time_zone,
                "waiting": access.waiting_texts(monitor).count(),
                "failed": presenting.failed_json(access.failed_texts(monitor)),
                "topics": {name: presenting.series_json(one) for name, one in seen.items()},
            }
        )


class AlertsApi(APIView):
    """Newest first."""

    @extend_schema(operation_id="finance_monitor_alerts", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        pages = ById()
        rows = pages.paginate_queryset(Alert.objects.filter(monitor=monitor), request, view=self)
        return pages.get_paginated_response([presenting.alert_json(row) for row in rows or []])


class AlertApi(APIView):
    """One alert with the negative texts it is about."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID, alert_id: UUID) -> Response:
        alert = access.alert_for(access.monitor_for(request.user, project_id), alert_id)
        texts = access.texts_of(alert)[:SHOWN_TEXTS]
        return Response(
            {**presenting.alert_json(alert), "negative_texts": [presenting.text_json(one) for one in texts]}
        )


class JudgeApi(APIView):
    """Say whether an alert was right; the last word counts."""

    @extend_schema(request=JudgeInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, alert_id: UUID) -> Response:
        alert = access.alert_for(access.monitor_for(request.user, project_id), alert_id)
        body = JudgeInput(data=request.data)
        body.is_valid(raise_exception=True)
        judged = judge_alert(alert=alert, true=body.validated_data["true"], actor=request.user)
        return Response(presenting.alert_json(judged))


class ReplayApi(APIView):
    """What the past would have raised with other settings; saves nothing."""

    @extend_schema(request=ReplayInput, responses={200: OpenApiResponse()})
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        body = ReplayInput(data=request.data)
        body.is_valid(raise_exception=True)
        changes = dict(body.validated_data)
        days = changes.pop("days")
        settings = replaying.settings_of(monitor, changes)
        check_settings({name: getattr(settings, name) for name in settings.__slots__})
        return Response(presenting.replay_json(replaying.replay(monitor, settings, days=days)))


class SettingsApi(APIView):
    """Bins, season, time zone, and how seldom alarms may be false."""

    @extend_schema(operation_id="finance_monitor_settings", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        return Response(presenting.monitor_json(access.monitor_for(request.user, project_id)))

    @extend_schema(request=SettingsInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        monitor = access.monitor_for(request.user, project_id)
        body = SettingsInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = set_settings(monitor=monitor, actor=request.user, **body.validated_data)
        return Response(presenting.monitor_json(changed))
