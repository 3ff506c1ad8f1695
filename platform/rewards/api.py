from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common import idempotency
from common.errors import Invalid, Problem
from common.idempotency import idempotent
from common.pagination import ById
from rewards import selectors
from rewards.models import Entry
from rewards.services import ledger, payouts


class MoneyOutput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


class EarningsLine(serializers.Serializer[Any]):
    id = serializers.CharField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    memo = serializers.CharField()
    amount = MoneyOutput()


class EarningsOutput(serializers.Serializer[Any]):
    pending = MoneyOutput(many=True)
    available = MoneyOutput(many=True)
    paid = MoneyOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = EarningsLine(many=True)


class EarningsApi(APIView):
    """What I have earned: waiting for a decision, available, paid out; and every movement, newest first."""

    @extend_schema(responses=EarningsOutput)
    def get(self, request: ApiSignedIn) -> Response:
        pages = ById()
        page = pages.paginate_queryset(ledger.statement(request.user), request, view=self) or []
        summary = selectors.earnings(request.user.pk)
        return Response(
            {
                "pending": [money.to_json() for money in summary.pending],
                "available": [money.to_json() for money in summary.available],
                "paid": [money.to_json() for money in summary.paid],
                "next": pages.get_next_link(),
                "previous": pages.get_previous_link(),
                "results": [_line(entry) for entry in page],
            }
        )


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.pk),
        "at": entry.transfer.created_at.isoformat(),
        "kind": entry.transfer.kind,
        "memo": entry.transfer.memo,
        "amount": {"amount_minor": entry.amount, "currency": entry.account.currency},
    }


class PayoutInput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField(min_value=1, max_value=2**53)
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class PayoutOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = MoneyOutput()
    created_at = serializers.DateTimeField()


class PayoutApi(APIView):
    """Take out some of what is available. Needs an Idempotency-Key, so that a retry never pays twice."""

    @extend_schema(request=PayoutInput, responses={201: PayoutOutput})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        key = idempotency.key_of(request)
        if not key:
            detail = _("Send an Idempotency-Key header, so that a repeated request never pays twice.")
            raise Invalid(detail, code="no_key", problems=[Problem("", "required", detail)])
        body = PayoutInput(data=request.data)
        body.is_valid(raise_exception=True)
        transfer = payouts.request_payout(user=request.user, key=key, **body.validated_data)
        return Response(
            {
                "id": str(transfer.pk),
                "amount": dict(body.validated_data),
                "created_at": transfer.created_at.isoformat(),
            },
            status=201,
        )
