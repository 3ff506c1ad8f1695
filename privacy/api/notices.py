from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.errors import Invalid
from common.idempotency import idempotent
from privacy import gate, purposes
from privacy.desk_access import require_privacy_desk
from privacy.models import ConsentRecord, NoticeVersion, Regime
from privacy.services import consents, notices


class NoticeQuery(serializers.Serializer[Any]):
    regime = serializers.ChoiceField(choices=Regime.choices, required=False, default="")
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default="")


class NoticeOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="0 while nothing is published")
    regime = serializers.CharField()
    language = serializers.CharField()
    text = serializers.CharField(help_text="Markdown")
    sha256 = serializers.CharField(help_text="of text in UTF-8")
    published_at = serializers.DateTimeField(allow_null=True)
    to_read = serializers.BooleanField(help_text="whether the signed-in person has yet to confirm it")
    regimes = serializers.ListField(child=serializers.CharField())


class NoticeApi(APIView):
    """The privacy notice in force, for anybody: by law (`regime`) and language."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[NoticeQuery], responses=NoticeOutput)
    def get(self, request: Request) -> Response:
        query = NoticeQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        text = notices.current_text(**query.validated_data)
        row = NoticeVersion.objects.filter(
            number=text.number, regime=text.regime, language=text.language
        ).first()
        return Response(
            {
                **{name: getattr(text, name) for name in ("number", "regime", "language", "text", "sha256")},
                "published_at": row and row.published_at,
                "to_read": gate.has_to_read(request.user),
                "regimes": notices.regimes(),
            }
        )


class VersionOutput(serializers.ModelSerializer[NoticeVersion]):
    class Meta:
        model = NoticeVersion
        fields = ["number", "regime", "language", "sha256", "published_at", "text"]


class PublishInput(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        required=False, min_value=0, help_text="the latest number seen; refused when there is a later one"
    )


class NoticesApi(APIView):
    """All published versions; a POST publishes the drafts as the next one (administrators)."""

    open_before_notice = True

    @extend_schema(responses=VersionOutput(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        rows = NoticeVersion.objects.order_by("-number", "regime", "language")[:200]
        return Response({"results": VersionOutput(rows, many=True).data})

    @extend_schema(request=PublishInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        require_privacy_desk(request.user)
        body = PublishInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        number = notices.publish_notices(actor=request.user.pk, after=body.validated_data.get("after"))
        return Response({"number": number}, status=201)


class DraftInput(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=100_000)


class NoticeDraftApi(APIView):
    """The words of the next version, with `{{ variables }}`."""

    open_before_notice = True

    @extend_schema(responses=DraftInput)
    def get(self, request: ApiSignedIn, regime: str, language: str) -> Response:
        require_privacy_desk(request.user)
        return Response({"body": notices.draft_of(regime, language)})

    @extend_schema(request=DraftInput, responses=DraftInput)
    def put(self, request: ApiSignedIn, regime: str, language: str) -> Response:
        require_privacy_desk(request.user)
        body = DraftInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = notices.save_draft(
            regime=regime, language=language, body=body.validated_data["body"], actor=request.user.pk
        )
        return Response({"body": row.body})


class RecordOutput(serializers.ModelSerializer[ConsentRecord]):
    class Meta:
        model = ConsentRecord
        fields = ["purpose", "given", "statement", "number", "regime", "language", "sha256", "how", "at"]


class ConsentInput(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=["notice", *(one.value for one in purposes.OPTIONAL)])
    given = serializers.BooleanField()
    number = serializers.IntegerField(
        required=False, min_value=0, help_text="for `notice`: the version that was read"
    )
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, default="")
    regime = serializers.ChoiceField(choices=Regime.choices, required=False, default="")


class ConsentsApi(APIView):
    """What I agreed to, and every word before it. A POST agrees, takes back, or confirms a notice."""

    open_before_notice = True

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        person = request.user.pk
        states = [
            {"purpose": one.purpose, "statement": one.statement, "given": one.given, "at": one.at}
            for one in consents.states_of(person)
        ]
        history = RecordOutput(consents.history_of(person)[:200], many=True).data
        return Response({"consents": states, "history": history})

    @extend_schema(request=ConsentInput, responses={201: RecordOutput})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        body = ConsentInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        number, how = data.pop("number", None), consents.How.API
        if data["purpose"] == "notice" and data["given"]:
            data = {name: data[name] for name in ("language", "regime")}
            if number is None:
                raise Invalid(_("Say which version was read, as “number”."))
            row = consents.acknowledge_notice(user=request.user, number=number, how=how, **data)
        else:
            row = consents.record_consent(user=request.user, how=how, **data)
        return Response(RecordOutput(row).data, status=201)
