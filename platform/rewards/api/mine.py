from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.recent import has_confirmed
from common.errors import Forbidden
from common.idempotency import idempotent
from common.pagination import ById
from rewards import access, months, selectors, statements
from rewards.api.shapes import MoneyOutput, money_json, required_key
from rewards.models import Entry, Payout, PayoutAddress
from rewards.services import addresses, ledger, payouts


class EarningsLine(serializers.Serializer[Any]):
    id = serializers.CharField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    memo = serializers.CharField()
    amount = MoneyOutput()


class EarningsOutput(serializers.Serializer[Any]):
    pending = MoneyOutput(many=True)
    available = MoneyOutput(many=True)
    underway = MoneyOutput(many=True)
    paid = MoneyOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = EarningsLine(many=True)


class EarningsApi(APIView):
    """What I have earned: waiting for a decision, available, asked for, paid out; and every movement."""

    open_before_notice = True

    @extend_schema(responses=EarningsOutput)
    def get(self, request: ApiSignedIn) -> Response:
        pages = ById()
        page = pages.paginate_queryset(ledger.statement(request.user), request, view=self) or []
        summary = selectors.earnings(request.user.pk)
        return Response(
            {
                "pending": [money.to_json() for money in summary.pending],
                "available": [money.to_json() for money in summary.available],
                "underway": [money.to_json() for money in summary.underway],
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
        "amount": money_json(entry.amount, entry.account.currency),
    }


class PayoutInput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField(min_value=1, max_value=2**53)
    currency = serializers.RegexField(r"^[A-Z]{3}$")


class PayoutOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = MoneyOutput()
    state = serializers.ChoiceField(choices=Payout.State.choices)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


def payout_json(payout: Payout) -> dict[str, Any]:
    return {
        "id": str(payout.pk),
        "amount": money_json(payout.amount_minor, payout.currency),
        "state": payout.state,
        "reason": payout.reason,
        "created_at": payout.created_at.isoformat(),
        "closed_at": payout.closed_at and payout.closed_at.isoformat(),
    }


class PayoutsApi(APIView):
    """Take out some of what is available. Needs an Idempotency-Key, so that a retry never pays twice."""

    @extend_schema(operation_id="my_payouts_list", responses=PayoutOutput(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        pages = ById()
        mine = Payout.objects.filter(user=request.user.pk)
        rows = pages.paginate_queryset(mine, request, view=self) or []
        return pages.get_paginated_response([payout_json(row) for row in rows])

    @extend_schema(request=PayoutInput, responses={201: PayoutOutput})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        key = required_key(request)
        body = PayoutInput(data=request.data)
        body.is_valid(raise_exception=True)
        payout = payouts.request_payout(user_id=request.user.pk, key=key, **body.validated_data)
        return Response(payout_json(payout), status=201)


class PayoutCancelApi(APIView):
    """Take a request back, as long as nobody has prepared it. Doing it twice is harmless."""

    @extend_schema(request=None, responses={200: PayoutOutput, 409: None})
    def post(self, request: ApiSignedIn, payout_id: UUID) -> Response:
        payout = access.own_payout(request.user, payout_id)
        return Response(payout_json(payouts.cancel_payout(payout_id=payout.pk, actor=request.user.pk)))


class AddressInput(serializers.Serializer[Any]):
    holder = serializers.CharField(max_length=70)
    account = serializers.CharField(max_length=60)
    bic = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)


class AddressOutput(serializers.Serializer[Any]):
    hint = serializers.CharField(help_text="The account's last four characters; the rest is sealed.")
    updated_at = serializers.DateTimeField()


class AddressApi(APIView):
    """Where my payouts go."""

    @extend_schema(responses={200: AddressOutput, 204: None})
    def get(self, request: ApiSignedIn) -> Response:
        row = PayoutAddress.objects.filter(user=request.user.pk).first()
        if row is None:
            return Response(status=204)
        return Response({"hint": row.hint, "updated_at": row.updated_at})

    @extend_schema(request=AddressInput, responses=AddressOutput)
    def put(self, request: ApiSignedIn) -> Response:
        body = AddressInput(data=request.data)
        body.is_valid(raise_exception=True)
        if request.auth is None and not has_confirmed(request._request):
            raise Forbidden(
                _("Confirm on the site that it is you (sign in again), then send this once more.")
            )
        row = addresses.save_address(user_id=request.user.pk, **body.validated_data)
        return Response({"hint": row.hint, "updated_at": row.updated_at})


class StatementLine(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    memo = serializers.CharField()
    count = serializers.IntegerField()
    amount = MoneyOutput()
    balance = MoneyOutput()


class StatementOutput(serializers.Serializer[Any]):
    month = serializers.CharField()
    time_zone = serializers.CharField()
    opening = MoneyOutput()
    lines = StatementLine(many=True)
    closing = MoneyOutput()


STATEMENT_PARAMETERS = [
    OpenApiParameter("month", str, description="2026-11; this month if left out"),
    OpenApiParameter("currency", str),
    OpenApiParameter("time_zone", str, description="An IANA name; your own if left out"),
]


def statement_json(statement: statements.Statement) -> dict[str, Any]:
    currency = statement.currency
    return {
        "month": str(statement.month),
        "time_zone": statement.month.zone.key,
        "opening": money_json(statement.opening_minor, currency),
        "lines": [
            {
                "at": line.at,
                "kind": line.kind,
                "memo": line.memo,
                "count": line.count,
                "amount": money_json(line.amount_minor, currency),
                "balance": money_json(line.balance_minor, currency),
            }
            for line in statement.lines
        ],
        "closing": money_json(statement.closing_minor, currency),
    }


def csv_response(statement: statements.Statement, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(statements.csv_lines(statement), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="{name}-{statement.month}-{statement.currency}.csv"'
    )
    return response


def _statement(request: ApiSignedIn) -> statements.Statement:
    month = months.month_from(request, request.user.pk)
    currency = months.currency_from(request, selectors.wallet_currencies(request.user.pk))
    return statements.person_statement(request.user.pk, month, currency)


class StatementApi(APIView):
    """A month of my wallet: opening balance, every movement, closing balance."""

    open_before_notice = True

    @extend_schema(parameters=STATEMENT_PARAMETERS, responses=StatementOutput)
    def get(self, request: ApiSignedIn) -> Response:
        return Response(statement_json(_statement(request)))


class StatementCsvApi(APIView):
    """The same as CSV, amounts as plain decimals."""

    open_before_notice = True

    @extend_schema(parameters=STATEMENT_PARAMETERS, responses={(200, "text/csv"): str})
    def get(self, request: ApiSignedIn) -> StreamingHttpResponse:
        return csv_response(_statement(request), "earnings")
