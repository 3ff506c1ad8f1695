"""The finance desk over REST: administrators of the site; everybody else hears that there is nothing."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from common.pagination import ById
from rewards import access
from rewards.api.mine import PayoutOutput, payout_json
from rewards.api.shapes import MoneyOutput, money_json, required_key
from rewards.models import Payout, PayoutBatch
from rewards.providers.manual import as_csv
from rewards.services import batches, reversals


class DeskPayoutOutput(PayoutOutput):
    user = serializers.UUIDField()
    batch = serializers.UUIDField(allow_null=True)
    reference = serializers.CharField()
    disputed = serializers.BooleanField()


def _desk_json(payout: Payout) -> dict[str, Any]:
    return {
        **payout_json(payout),
        "user": str(payout.user),
        "batch": payout.batch_id and str(payout.batch_id),
        "reference": payout.reference,
        "disputed": payout.disputed,
    }


class DeskPayoutsApi(APIView):
    @extend_schema(
        operation_id="payouts_list",
        parameters=[
            OpenApiParameter("state", str, enum=Payout.State.values),
            OpenApiParameter("batch", str, description="the id of a batch"),
        ],
        responses=DeskPayoutOutput(many=True),
    )
    def get(self, request: ApiSignedIn) -> Response:
        access.require_finance_desk(request.user)
        rows = Payout.objects.all()
        if state := request.GET.get("state"):
            rows = rows.filter(state=state)
        if batch := request.GET.get("batch"):
            rows = rows.filter(batch=serializers.UUIDField().to_internal_value(batch))
        pages = ById()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([_desk_json(row) for row in page])


class MarkInput(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["paid", "failed", "returned"])
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class MarkApi(APIView):
    """What the bank's statement says of one payout. `failed` and `returned` put it back into the wallet."""

    @extend_schema(request=MarkInput, responses={200: DeskPayoutOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, payout_id: UUID) -> Response:
        payout = access.payout_for(request.user, payout_id)
        body = MarkInput(data=request.data)
        body.is_valid(raise_exception=True)
        batches.mark_line(payout=payout, actor=request.user.pk, **body.validated_data)
        payout.refresh_from_db()
        return Response(_desk_json(payout))


class BatchInput(serializers.Serializer[Any]):
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    provider = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)


class BatchOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    key = serializers.CharField()
    provider = serializers.CharField()
    state = serializers.ChoiceField(choices=PayoutBatch.State.choices)
    payouts = serializers.IntegerField()
    total = MoneyOutput()
    reference = serializers.CharField()
    problem = serializers.CharField()
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


def batch_json(batch: PayoutBatch) -> dict[str, Any]:
    return {
        "id": str(batch.pk),
        "key": batch.key,
        "provider": batch.provider,
        "state": batch.state,
        "payouts": batch.payouts_count,
        "total": money_json(batch.total_minor, batch.currency),
        "reference": batch.reference,
        "problem": batch.problem,
        "created_at": batch.created_at.isoformat(),
        "closed_at": batch.closed_at and batch.closed_at.isoformat(),
    }


class BatchesApi(APIView):
    """Collect what waits in one currency into a batch. Needs an Idempotency-Key."""

    @extend_schema(operation_id="payout_batches_list", responses=BatchOutput(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        access.require_finance_desk(request.user)
        pages = ById()
        rows = pages.paginate_queryset(PayoutBatch.objects.all(), request, view=self) or []
        return pages.get_paginated_response([batch_json(row) for row in rows])

    @extend_schema(request=BatchInput, responses={201: BatchOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        access.require_finance_desk(request.user)
        key = required_key(request)
        body = BatchInput(data=request.data)
        body.is_valid(raise_exception=True)
        batch = batches.build_batch(key=key, actor=request.user.pk, **body.validated_data)
        return Response(batch_json(batch), status=201)


class BatchApi(APIView):
    @extend_schema(responses=BatchOutput)
    def get(self, request: ApiSignedIn, batch_id: UUID) -> Response:
        return Response(batch_json(access.batch_for(request.user, batch_id)))


class BatchCsvApi(APIView):
    """The lines for a bank's website: payout, holder, account, bic, amount, currency, reference."""

    @extend_schema(responses={(200, "text/csv"): str})
    def get(self, request: ApiSignedIn, batch_id: UUID) -> HttpResponse:
        batch = access.batch_for(request.user, batch_id)
        return batch_csv(batch, request.user.pk)


def batch_csv(batch: PayoutBatch, actor: UUID) -> HttpResponse:
    text = as_csv(batches.orders_to_show(batch=batch, actor=actor))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="payouts-{batch.key}.csv"'
    return response


class BatchSendApi(APIView):
    """Hand the batch to its provider. Not undone by repeating: a batch that was sent stays as it is.

    Its own state makes it happen once, so it keeps no record of the Idempotency-Key: what leaves for a bank
    must not be inside a transaction that could still be rolled back.
    """

    @extend_schema(request=None, responses={200: BatchOutput, 409: None})
    def post(self, request: ApiSignedIn, batch_id: UUID) -> Response:
        batch = access.batch_for(request.user, batch_id)
        return Response(batch_json(batches.send_batch(batch_id=batch.pk, actor=request.user.pk)))


class BatchReconcileApi(APIView):
    """Ask the provider what became of the batch, and book it. Repeating is harmless."""

    @extend_schema(request=None, responses={200: BatchOutput, 409: None})
    def post(self, request: ApiSignedIn, batch_id: UUID) -> Response:
        batch = access.batch_for(request.user, batch_id)
        return Response(batch_json(batches.reconcile_batch(batch_id=batch.pk)))


class BatchDiscardApi(APIView):
    @extend_schema(request=None, responses={200: BatchOutput, 409: None})
    def post(self, request: ApiSignedIn, batch_id: UUID) -> Response:
        batch = access.batch_for(request.user, batch_id)
        return Response(batch_json(batches.discard_batch(batch_id=batch.pk, actor=request.user.pk)))


class ReversalInput(serializers.Serializer[Any]):
    payment = serializers.CharField(max_length=120, help_text="answer:ID, or the key of a bonus")
    reason = serializers.CharField(max_length=200)
    up_to = serializers.BooleanField(
        required=False, default=False, help_text="Be content with what the wallet still holds."
    )


class ReversalOutput(serializers.Serializer[Any]):
    payment = serializers.CharField()
    returned_minor = serializers.IntegerField()


class ReversalApi(APIView):
    """Take a payment back, out of what is in the wallet; it never falls below zero."""

    @extend_schema(request=ReversalInput, responses={200: ReversalOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        access.require_finance_desk(request.user)
        body = ReversalInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = dict(body.validated_data)
        payment = data.pop("payment")
        key = f"pay:{payment}" if payment.startswith("answer:") else payment
        returned = reversals.reverse_payment(key=key, actor=request.user.pk, **data)
        return Response({"payment": payment, "returned_minor": returned})
