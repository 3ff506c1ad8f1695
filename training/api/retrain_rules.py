from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from common.pagination import ById
from training import access, retraining, selectors
from training.models import DriftReading, RetrainFiring, RetrainRule
from training.services import retraining as rules
from training.services.retraining import Terms

TERMS = ("condition", "recipe", "promote", "cooldown_hours", "budget_runs", "budget_minutes")


class TermsInput(serializers.Serializer[Any]):
    """The condition depends on the kind; see docs/training.md."""

    condition = serializers.DictField(required=False)
    recipe = serializers.DictField(required=False)
    promote = serializers.BooleanField(required=False)
    cooldown_hours = serializers.IntegerField(required=False, min_value=1)
    budget_runs = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    budget_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=1)


class RuleInput(TermsInput):
    project = serializers.UUIDField()
    field = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=RetrainRule.Kind.choices)


class RuleChange(TermsInput):
    paused = serializers.BooleanField(required=False)


class RetrainRulesApi(APIView):
    """Rules that start runs by themselves, newest first."""

    @extend_schema(operation_id="retrain_rules_list", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_trainer_desk(request.user)
        paginator = ById()
        page = paginator.paginate_queryset(access.rules_for(request.user), request, view=self)
        return paginator.get_paginated_response([_rule_json(row) for row in page or []])

    @extend_schema(request=RuleInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        body = RuleInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        rule = rules.create_rule(
            project=access.project_to_train(request.user, data["project"]),
            field=data["field"],
            kind=data["kind"],
            terms=Terms(**{name: data[name] for name in TERMS if name in data}),
            actor=request.user,
        )
        url = f"/api/v1/retrain-rules/{rule.pk}"
        return Response(_rule_json(rule), status=201, headers={"Location": url})


class RetrainRuleApi(APIView):
    @extend_schema(operation_id="retrain_rules_retrieve", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, rule_id: UUID) -> Response:
        return Response(_rule_json(access.rule_for(request.user, rule_id)))

    @extend_schema(request=RuleChange, responses={200: OpenApiResponse()})
    def patch(self, request: ApiSignedIn, rule_id: UUID) -> Response:
        body = RuleChange(data=request.data)
        body.is_valid(raise_exception=True)
        rule, data = access.rule_for(request.user, rule_id), body.validated_data
        if wanted := {name: data[name] for name in TERMS if name in data}:
            kept = {name: getattr(rule, name) for name in TERMS}
            rule = rules.change_rule(rule=rule, terms=Terms(**{**kept, **wanted}), actor=request.user)
        if "paused" in data and data["paused"] != rule.paused:
            rule = rules.pause_rule(rule=rule, paused=data["paused"], actor=request.user)
        return Response(_rule_json(rule))

    @extend_schema(responses={204: OpenApiResponse()})
    def delete(self, request: ApiSignedIn, rule_id: UUID) -> Response:
        rules.delete_rule(rule=access.rule_for(request.user, rule_id), actor=request.user)
        return Response(status=204)


class RetrainRuleLookApi(APIView):
    """Look now instead of within a minute; a run starts if it is due."""

    @extend_schema(request=None, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, rule_id: UUID) -> Response:
        rule = access.rule_for(request.user, rule_id)
        rules.evaluate_rule(rule_id=rule.pk)
        rule.refresh_from_db()
        return Response(_rule_json(rule))


class RetrainFiringsApi(APIView):
    """Runs that a rule started, newest first, and what came of them."""

    @extend_schema(operation_id="retrain_rule_firings", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, rule_id: UUID) -> Response:
        rows = access.rule_for(request.user, rule_id).firings.select_related("run")
        paginator = ById()
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response([_firing_json(row) for row in page or []])


class ModelDriftApi(APIView):
    """Population stability of a model's inputs, day by day, the oldest first."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, name: str) -> Response:
        readings = selectors.drift_history(access.model_for(request.user, name))
        return Response({"results": [_reading_json(row) for row in readings]})


def _rule_json(rule: RetrainRule) -> dict[str, Any]:
    used = retraining.spent_now(rule)
    return {
        "id": str(rule.pk),
        "project": str(rule.project_id),
        "field": rule.field,
        "kind": rule.kind,
        **{name: getattr(rule, name) for name in TERMS},
        "paused": rule.paused,
        "used": {"runs": used.runs, "minutes": used.minutes},
        "next_at": rule.next_at,
        "last_look": rule.last_look or None,
        "last_looked_at": rule.last_looked_at,
        "last_fired_at": rule.last_fired_at,
        "created_at": rule.created_at,
    }


def _firing_json(firing: RetrainFiring) -> dict[str, Any]:
    return {
        "id": str(firing.pk),
        "run": str(firing.run_id),
        "run_number": firing.run.number,
        "run_state": firing.run.state,
        "figures": firing.figures,
        "outcome": firing.outcome or None,
        "fired_at": firing.fired_at,
    }


def _reading_json(reading: DriftReading) -> dict[str, Any]:
    return {
        "version": reading.version.number,
        "day": reading.day,
        "source": reading.source,
        "items": reading.items,
        "embedding": {"index": reading.embedding, "chance": reading.embedding_chance},
        "labels": None if reading.labels is None else {
            "index": reading.labels, "chance": reading.labels_chance, "shares": reading.shares
        },
    }  # fmt: skip
