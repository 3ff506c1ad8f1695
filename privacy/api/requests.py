from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn, MeApi
from accounts.models import User
from common.errors import NotFound, NotSignedIn
from common.idempotency import idempotent
from common.pagination import ById
from privacy import access, limits, links, presenting
from privacy.forms import ASKED
from privacy.models import SubjectRequest
from privacy.particulars import Value
from privacy.services import requests
from privacy.views import answers

KEY_HEADER = "X-Request-Key"
KEY = OpenApiParameter(
    KEY_HEADER, str, OpenApiParameter.HEADER,
    description="The key in the link that was mailed, for people without an account.",
)  # fmt: skip


class SubjectInput(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=100, required=False)
    customer_id = serializers.CharField(max_length=100, required=False)


class CorrectionInput(serializers.Serializer[Any]):
    old = serializers.CharField(max_length=300)
    new = serializers.CharField(max_length=300)


class SubjectField(serializers.JSONField):
    """An e-mail address, or an object with `email` and more that the person is known by. "me" gives {}."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data == "me":
            return {}
        body = SubjectInput(data={"email": data} if isinstance(data, str) else data)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


class RequestInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in ASKED])
    subject = SubjectField(required=False, default=dict)
    regime = serializers.ChoiceField(choices=list(presenting.REGIMES), required=False, default="")
    correction = CorrectionInput(required=False)
    password = serializers.CharField(required=False, default="", trim_whitespace=False, write_only=True)
    waive_earnings = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == SubjectRequest.Kind.RECTIFICATION and "correction" not in attrs:
            raise serializers.ValidationError({"correction": _("Say what is wrong and how it should be.")})
        return attrs


class RequestOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=SubjectRequest.State.choices)
    regime = serializers.CharField()
    received_on = serializers.DateField()
    due_on = serializers.DateField()
    days_left = serializers.IntegerField(allow_null=True)
    overdue = serializers.BooleanField()
    extended = serializers.BooleanField()
    extension_reason = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    progress = serializers.IntegerField()
    in_force = serializers.BooleanField()
    download = serializers.CharField(allow_null=True)
    certificate = serializers.CharField(allow_null=True)


class RequestsApi(APIView):
    """Requests of data subjects: one's own, or by anybody about an e-mail address that they can read.

    About an address nothing is said, also not whether it is known; a link is mailed to it, and the request
    counts when that is opened.
    """

    permission_classes = [AllowAny]

    @extend_schema(responses=RequestOutput(many=True))
    def get(self, request: Request) -> Response:
        if not request.user.is_authenticated:
            raise NotSignedIn(_("Sign in first."))
        rows = SubjectRequest.objects.filter(account=request.user.pk, channel=SubjectRequest.Channel.ACCOUNT)
        pages = ById()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([presenting.as_json(row) for row in page])

    @extend_schema(request=RequestInput, responses={201: RequestOutput, 409: OpenApiResponse()})
    @idempotent
    def post(self, request: Request) -> Response:
        body = RequestInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        row = _of_address(request, data) if data["subject"] else _own(request, data)
        return Response(presenting.as_json(row), status=201)


def _own(request: Request, data: dict[str, Any]) -> SubjectRequest:
    if not request.user.is_authenticated:
        raise NotSignedIn(_("Sign in, or say which e-mail address it is about."))
    del data["subject"]
    return requests.open_for_account(user=request.user, **data)


def _of_address(request: Request, data: dict[str, Any]) -> SubjectRequest:
    limits.take("request", limits.address_of(request), limit=limits.REQUESTS)
    subject = data["subject"]
    values = [Value(kind, text) for kind, text in subject.items() if kind != "email"]
    return requests.open_for_address(
        address=subject["email"], kind=data["kind"], regime=data["regime"], values=values,
        correction=data.get("correction"),
    )  # fmt: skip


def request_of(request: Request, request_id: UUID) -> SubjectRequest:
    """By account, or by the key of a mailed link. Strangers learn nothing."""
    key = request.headers.get(KEY_HEADER, "")
    if key:
        # Whoever brings a key is its holder and nobody else, also when they are signed in.
        row = links.read(key, links.SEE)
        if row.pk == request_id:
            return row
    elif request.user.is_authenticated:
        return access.request_for(request.user, request_id)
    raise NotFound(_("There is no such request."))


class RequestApi(APIView):
    permission_classes = [AllowAny]

    @extend_schema(parameters=[KEY], responses={200: RequestOutput, 404: OpenApiResponse()})
    def get(self, request: Request, request_id: UUID) -> Response:
        return Response(presenting.as_json(request_of(request, request_id)))


class DownloadApi(APIView):
    """The zip of an access request, for a week. The subject's alone: not an administrator's."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[KEY], responses={(200, "application/zip"): bytes, 404: OpenApiResponse()})
    def get(self, request: Request, request_id: UUID) -> HttpResponseBase:
        row = request_of(request, request_id)
        if not request.headers.get(KEY_HEADER):
            row = access.own_request(cast(User, request.user), request_id)
        return answers.package_response(row)


class CertificateApi(APIView):
    permission_classes = [AllowAny]

    @extend_schema(parameters=[KEY], responses={(200, "application/json"): dict, 404: OpenApiResponse()})
    def get(self, request: Request, request_id: UUID) -> HttpResponseBase:
        return answers.certificate_response(access.certificate_of(request_of(request, request_id)))


class DataExportApi(APIView):
    """Everything that is held about me: 202 while it is made, then the zip."""

    open_before_notice = True

    @extend_schema(responses={202: RequestOutput, (200, "application/zip"): bytes})
    def get(self, request: ApiSignedIn) -> HttpResponseBase:
        made = SubjectRequest.objects.filter(
            account=request.user.pk, channel=SubjectRequest.Channel.ACCOUNT, package__deleted_at=None,
            kind=SubjectRequest.Kind.ACCESS, state=SubjectRequest.State.CLOSED, package__isnull=False,
        ).order_by("-id")  # fmt: skip
        if (row := made.first()) is not None:
            return answers.package_response(row)
        row = requests.open_for_account(user=request.user, kind=SubjectRequest.Kind.ACCESS)
        return Response(presenting.as_json(row), status=202)


class EraseMeInput(serializers.Serializer[Any]):
    password = serializers.CharField(required=False, default="", trim_whitespace=False)
    waive_earnings = serializers.BooleanField(required=False, default=False)


class WholeMeApi(MeApi):
    """The account's own path, with what only a higher app can do to it."""

    @extend_schema(request=EraseMeInput, responses={202: RequestOutput, 409: OpenApiResponse()})
    def delete(self, request: ApiSignedIn) -> Response:
        """Erase me: a request, which without the password again waits for a mailed link."""
        body = EraseMeInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = requests.open_for_account(
            user=request.user, kind=SubjectRequest.Kind.ERASURE, **body.validated_data
        )
        return Response(presenting.as_json(row), status=202)
