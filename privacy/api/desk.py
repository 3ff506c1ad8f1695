from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import User
from common.idempotency import idempotent
from common.pagination import ById
from privacy import access, holders, limits, presenting, subject_search
from privacy.api.requests import CorrectionInput, RequestOutput
from privacy.forms import ASKED
from privacy.models import SubjectRequest
from privacy.particulars import VALUE_KINDS, Value
from privacy.services import certificates, deciding, requests


class ValueInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=VALUE_KINDS)
    text = serializers.CharField(max_length=254)


class LetterInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in ASKED])
    regime = serializers.ChoiceField(choices=list(presenting.REGIMES), required=False, default="")
    values = ValueInput(many=True)
    proof = serializers.CharField(max_length=300)
    received_on = serializers.DateField()
    contact = serializers.EmailField(required=False, default="")
    correction = CorrectionInput(required=False)
    language = serializers.CharField(required=False, default="en")


class DeskApi(APIView):
    """All requests, and recording one that came by letter. Administrators of the site."""

    @extend_schema(responses=RequestOutput(many=True), operation_id="privacy_desk_list")
    def get(self, request: ApiSignedIn) -> Response:
        access.require_privacy_desk(request.user)
        pages = ById()
        page = pages.paginate_queryset(SubjectRequest.objects.all(), request, view=self) or []
        return pages.get_paginated_response([presenting.as_json(row) for row in page])

    @extend_schema(request=LetterInput, responses={201: RequestOutput, 404: OpenApiResponse()})
    @idempotent
    def post(self, request: Request) -> Response:
        user = cast(User, request.user)
        access.require_privacy_desk(user)
        body = LetterInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        data["values"] = [Value(**value) for value in data["values"]]
        row = requests.record_letter(actor=user, **data)
        return Response(presenting.as_json(row), status=201)


class DecisionInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    subjects = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)


class DecisionApi(APIView):
    """confirm (with `reason`, also of what nobody has proven), refuse, extend, complete, retry, lift."""

    @extend_schema(request=DecisionInput, responses={200: RequestOutput, 409: OpenApiResponse()})
    @idempotent
    def post(self, request: Request, request_id: UUID, decision: str) -> Response:
        user = cast(User, request.user)
        row = access.desk_request(user, request_id)
        body = DecisionInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = deciding.decide(decision, request=row, actor=user, **body.validated_data)
        done.refresh_from_db()
        return Response(presenting.as_json(done))


class PreviewApi(APIView):
    """What is held about the person and which models have learned from it."""

    @extend_schema(responses={200: dict, 404: OpenApiResponse()})
    def get(self, request: ApiSignedIn, request_id: UUID) -> Response:
        row = access.desk_request(request.user, request_id)
        subject = subject_search.subject_of(row)
        models = [
            {"name": one.name, "version": one.version, "action": one.action}
            for one in holders.affected_models(subject)
        ]
        held = [
            {"name": one.name, "title": one.title, "count": one.count}
            for one in presenting.held_about(subject).kinds
        ]
        people = [
            {"subject": str(match.subject.pk), "kind": match.subject.kind, "items": len(match.items)}
            for match in subject_search.matches_of(row)
        ]
        return Response({"items": len(subject.items), "held": held, "models": models, "people": people})


class VerifyApi(APIView):
    """Whether a certificate of an erasure is this site's, and unchanged."""

    permission_classes: list[Any] = []

    @extend_schema(request=dict, responses={200: dict})
    def post(self, request: Request) -> Response:
        limits.take("certificate", limits.address_of(request), limit=limits.CHECKS)
        verdict = certificates.verify_certificate(request.body.decode("utf-8", "replace"))
        return Response({"valid": verdict.valid, "reason": verdict.reason})
