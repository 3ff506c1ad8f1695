import json
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations import access
from annotations.services.submission import submit_answer
from common import idempotency

_MOST_EDITS_BYTES = 100_000


class SubmitInput(serializers.Serializer[Any]):
    answer = serializers.JSONField()
    seconds = serializers.FloatField(min_value=0, max_value=86_400, default=0.0)
    late = serializers.BooleanField(
        default=False, help_text="Keep it as an extra answer if its lease is over and its slot is gone."
    )
    edits = serializers.ListField(child=serializers.JSONField(), default=list, max_length=1000)

    def validate_edits(self, edits: list[Any]) -> list[Any]:
        if len(json.dumps(edits)) > _MOST_EDITS_BYTES:
            raise serializers.ValidationError(_("These are more edits than one answer can have."))
        return edits


_submit_input = SubmitInput()  # making one copies every field, which takes longer than using it


class TodayOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    earned = serializers.DictField()


class SubmitOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    today = TodayOutput()
    extra = serializers.BooleanField(required=False, help_text="Kept, but too late to count.")
    paid = serializers.BooleanField(required=False, help_text="Of an extra answer: whether it is paid.")


class SubmitApi(APIView):
    """Answer the item that this assignment lends. With an Idempotency-Key a repeated request is harmless."""

    open_before_notice = True

    @extend_schema(request=SubmitInput, responses={201: SubmitOutput})
    def post(self, request: ApiSignedIn, assignment_id: UUID) -> Response:
        key = idempotency.key_of(request)
        request_hash = idempotency.hash_of(request) if key else ""
        assignment = access.assignment_to_submit(request.user, assignment_id)
        body = _submit_input.run_validation(request.data)
        receipt = submit_answer(assignment=assignment, key=key, request_hash=request_hash, **body)
        earned = {"amount_minor": receipt.earned_minor, "currency": receipt.currency}
        today = {"count": receipt.count, "earned": earned}
        late = {"extra": True, "paid": receipt.late.paid} if receipt.late else {}
        return Response({"id": str(receipt.answer_id), "today": today, **late}, status=201)
