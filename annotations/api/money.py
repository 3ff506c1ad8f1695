"""A project's money over REST: its ledger, refunds, bonuses, the fair-rate meter and its top-up."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations import money
from common.idempotency import idempotent
from common.pagination import ById
from rewards import fair_rate, months, statements
from rewards.api.mine import STATEMENT_PARAMETERS, StatementOutput, csv_response, statement_json
from rewards.api.shapes import MoneyOutput, money_json, required_key
from rewards.models import Bonus
from tasks_app.access import project_for
from tasks_app.models import Project
from tasks_app.pseudonyms import pseudonym
from tasks_app.services import refunds


class AmountInput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField(min_value=1, max_value=10**12)


class WithdrawOutput(serializers.Serializer[Any]):
    withdrawn = MoneyOutput()
    refundable = MoneyOutput()


class WithdrawApi(APIView):
    """Take money out of the escrow again, as far as nobody can be owed it. Needs an Idempotency-Key."""

    @extend_schema(request=AmountInput, responses={200: WithdrawOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        key = required_key(request)
        body = AmountInput(data=request.data)
        body.is_valid(raise_exception=True)
        amount = body.validated_data["amount_minor"]
        refunds.withdraw_money(
            project=project, amount_minor=amount, key=f"{request.user.pk}:{key}", actor=request.user.pk
        )
        left = refunds.refundable(project)
        return Response(
            {
                "withdrawn": money_json(amount, project.currency),
                "refundable": money_json(left, project.currency),
            }
        )


class LedgerLineOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    memo = serializers.CharField()
    amount = MoneyOutput()


class LedgerApi(APIView):
    """A project's movements, the newest first; go on with `before`, the id of the last line seen."""

    @extend_schema(
        operation_id="project_ledger_list",
        parameters=[OpenApiParameter("before", int), OpenApiParameter("limit", int)],
        responses=LedgerLineOutput(many=True),
    )
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        query = LedgerQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        lines = money.ledger_lines(project, **query.validated_data)
        return Response(
            {
                "results": [
                    {
                        "id": line.id,
                        "at": line.at,
                        "kind": line.kind,
                        "memo": line.memo,
                        "amount": money_json(line.amount_minor, project.currency),
                    }
                    for line in lines
                ]
            }
        )


class LedgerQuery(serializers.Serializer[Any]):
    before = serializers.IntegerField(required=False, min_value=1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=500, default=50)


def _statement(request: ApiSignedIn, project_id: UUID) -> statements.Statement:
    project = project_for(request.user, project_id)
    month = months.month_from(request, request.user.pk)
    return statements.project_statement(project.pk, month, project.currency)


class ProjectStatementApi(APIView):
    """A month of a project's money: payments summed up by day."""

    @extend_schema(parameters=STATEMENT_PARAMETERS, responses=StatementOutput)
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        return Response(statement_json(_statement(request, project_id)))


class ProjectStatementCsvApi(APIView):
    @extend_schema(parameters=STATEMENT_PARAMETERS, responses={(200, "text/csv"): str})
    def get(self, request: ApiSignedIn, project_id: UUID) -> StreamingHttpResponse:
        return csv_response(_statement(request, project_id), "project")


class BonusInput(serializers.Serializer[Any]):
    annotator = serializers.CharField(max_length=20, help_text="The pseudonym, such as W-7QK2M4XA")
    amount_minor = serializers.IntegerField(min_value=1, max_value=10**9)
    reason = serializers.CharField(max_length=200)


class BonusOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Bonus.Kind.choices)
    annotator = serializers.CharField()
    amount = MoneyOutput()
    reversed = MoneyOutput()
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


def _bonus_json(bonus: Bonus) -> dict[str, Any]:
    return {
        "id": str(bonus.pk),
        "kind": bonus.kind,
        "annotator": pseudonym(bonus.project, bonus.worker),
        "amount": money_json(bonus.amount_minor, bonus.currency),
        "reversed": money_json(bonus.reversed_minor, bonus.currency),
        "reason": bonus.reason,
        "created_at": bonus.created_at.isoformat(),
    }


class BonusesApi(APIView):
    """Give a person extra from the escrow, with a reason that they are told. Needs an Idempotency-Key."""

    @extend_schema(operation_id="bonuses_list", responses=BonusOutput(many=True))
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        pages = ById()
        rows = pages.paginate_queryset(Bonus.objects.filter(project=project.pk), request, view=self) or []
        return pages.get_paginated_response([_bonus_json(row) for row in rows])

    @extend_schema(request=BonusInput, responses={201: BonusOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        key = f"{request.user.pk}:{required_key(request)}"
        body = BonusInput(data=request.data)
        body.is_valid(raise_exception=True)
        bonus = money.give_bonus(project=project, key=key, actor=request.user, **body.validated_data)
        return Response(_bonus_json(bonus), status=201)


class BonusReverseInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)
    up_to = serializers.BooleanField(required=False, default=False)


class BonusReverseApi(APIView):
    """Take a bonus back within a week; out of what the wallet still holds, never more."""

    @extend_schema(request=BonusReverseInput, responses={200: BonusOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, bonus_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = BonusReverseInput(data=request.data)
        body.is_valid(raise_exception=True)
        money.reverse_bonus(project=project, bonus_id=bonus_id, actor=request.user, **body.validated_data)
        return Response(_bonus_json(money.bonus_of(project, bonus_id)))


class RateOutput(serializers.Serializer[Any]):
    hourly_rate = MoneyOutput(allow_null=True)
    hourly_rate_upper = MoneyOutput(allow_null=True)
    median_seconds = serializers.FloatField(allow_null=True)
    people = serializers.IntegerField()
    people_below_floor = serializers.IntegerField()
    floor = MoneyOutput(allow_null=True)
    below_floor = serializers.BooleanField()


class FloorInput(serializers.Serializer[Any]):
    floor_minor = serializers.IntegerField(min_value=1, max_value=10**9, allow_null=True)


def _rate_json(project: Project) -> dict[str, Any]:
    rate = fair_rate.rate_of(project.pk, project.currency)
    return {
        "hourly_rate": money_json(rate.median_minor, rate.currency),
        "hourly_rate_upper": money_json(rate.upper_minor, rate.currency),
        "median_seconds": rate.median_seconds,
        "people": rate.people,
        "people_below_floor": rate.below_floor,
        "floor": money_json(rate.floor_minor, rate.currency),
        "below_floor": rate.is_low,
    }


class RateApi(APIView):
    """What an hour of this project's work earned, and the floor. PATCH sets a floor above the site's."""

    @extend_schema(responses=RateOutput)
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        return Response(_rate_json(project_for(request.user, project_id)))

    @extend_schema(request=FloorInput, responses=RateOutput)
    def patch(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = FloorInput(data=request.data)
        body.is_valid(raise_exception=True)
        fair_rate.set_floor(project_id=project.pk, currency=project.currency, **body.validated_data)
        return Response(_rate_json(project))


class ShortfallOutput(serializers.Serializer[Any]):
    annotator = serializers.CharField()
    seconds = serializers.FloatField()
    earned = MoneyOutput()
    hourly_rate = MoneyOutput()
    due = MoneyOutput()


class TopUpOutput(serializers.Serializer[Any]):
    floor = MoneyOutput(allow_null=True)
    total = MoneyOutput()
    results = ShortfallOutput(many=True)


class TopUpInput(serializers.Serializer[Any]):
    total_minor = serializers.IntegerField(min_value=1, help_text="The total that the preview showed.")


class TopUpApi(APIView):
    """Who earned less than the floor in an hour, and what is missing. POST pays it, once."""

    @extend_schema(responses=TopUpOutput)
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        preview = money.top_up_preview(project)
        code = project.currency
        return Response(
            {
                "floor": money_json(preview.floor_minor, code),
                "total": money_json(preview.total_minor, code),
                "results": [
                    {
                        "annotator": line.annotator,
                        "seconds": round(line.seconds, 1),
                        "earned": money_json(line.earned_minor, code),
                        "hourly_rate": money_json(line.hourly_minor, code),
                        "due": money_json(line.due_minor, code),
                    }
                    for line in preview.lines
                ],
            }
        )

    @extend_schema(request=TopUpInput, responses={200: MoneyOutput, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        body = TopUpInput(data=request.data)
        body.is_valid(raise_exception=True)
        expected = body.validated_data["total_minor"]
        paid = money.pay_top_up(project=project, expected_minor=expected, actor=request.user)
        return Response(money_json(paid, project.currency))
