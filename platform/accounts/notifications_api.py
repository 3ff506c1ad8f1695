"""My notifications, and how I want to hear of what."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Notification
from accounts.services import notifications as inbox
from accounts.services import preferences
from accounts.services.preferences import Mail, Topic, Wish


class NotificationOutput(serializers.ModelSerializer[Notification]):
    class Meta:
        model = Notification
        fields = ["id", "kind", "data", "url", "created_at", "read_at"]


class WishShape(serializers.Serializer[Any]):
    topic = serializers.ChoiceField(choices=Topic.choices)
    in_app = serializers.BooleanField()
    mail = serializers.ChoiceField(choices=Mail.choices)


class NotificationsApi(APIView):
    @extend_schema(responses=NotificationOutput(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        """The newest hundred."""
        rows = Notification.objects.filter(user=request.user, in_app=True).order_by("-created_at")[:100]
        return Response({"results": NotificationOutput(rows, many=True).data})


class NotificationsReadApi(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: ApiSignedIn) -> Response:
        inbox.mark_all_read(user=request.user)
        return Response(status=204)


class PreferencesApi(APIView):
    open_before_notice = True

    @extend_schema(responses=WishShape(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        return Response({"results": _shown(request)})

    @extend_schema(request=WishShape(many=True), responses=WishShape(many=True))
    @transaction.atomic
    def patch(self, request: ApiSignedIn) -> Response:
        """Topics that are not named stay as they are."""
        body = WishShape(data=request.data, many=True)
        body.is_valid(raise_exception=True)
        wishes = {Topic(one["topic"]): Wish(one["in_app"], one["mail"]) for one in body.validated_data}
        preferences.save_wishes(user=request.user, wishes=wishes, actor=request.user.pk)
        return Response({"results": _shown(request)})


def _shown(request: ApiSignedIn) -> list[dict[str, Any]]:
    wishes = preferences.wishes_of(request.user)
    return [{"topic": topic, "in_app": wish.in_app, "mail": wish.mail} for topic, wish in wishes.items()]
