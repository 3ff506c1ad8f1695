"""How versions come to answer, over REST: suggestions ahead, trials on live requests, and runtimes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from training import access
from training.models import Preannotation, Rollout, ServingRuntime
from training.services import preannotations, rollouts, runtimes


class ShareInput(serializers.Serializer[Any]):
    share = serializers.FloatField(required=False, default=preannotations.USUAL_SHARE)


class RolloutInput(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)
    kind = serializers.ChoiceField(choices=Rollout.Kind.choices)
    share = serializers.FloatField()


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class PromoteRolloutInput(ReasonInput):
    override = serializers.BooleanField(required=False, default=False)


class RuntimeInput(serializers.Serializer[Any]):
    int8 = serializers.BooleanField(required=False, default=False)


class PreannotationsApi(APIView):
    """Suggestions by this version for its project's open items. 409 while such work is under way."""

    @extend_schema(request=ShareInput, responses={202: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        body = ShareInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        version = access.version_to_suggest(request.user, name, number)
        wish = preannotations.start_preannotation(version=version, actor=request.user, **body.validated_data)
        return Response(preannotation_json(wish), status=202)


class PreannotationApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, wish_id: UUID) -> Response:
        return Response(preannotation_json(access.preannotation_for(request.user, wish_id)))


class PreannotationCancelApi(APIView):
    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, wish_id: UUID) -> Response:
        wish = access.preannotation_for(request.user, wish_id)
        return Response(
            preannotation_json(preannotations.cancel_preannotation(wish=wish, actor=request.user))
        )


class RolloutsApi(APIView):
    """Trials of a model, newest first; a new one begins at once. 409 while one of its kind runs."""

    @extend_schema(operation_id="rollouts_list", responses={200: None})
    def get(self, request: ApiSignedIn, name: str) -> Response:
        model = access.model_for(request.user, name)
        rows = model.rollouts.select_related("version", "baseline").order_by("-pk")[:50]
        return Response({"results": [rollout_json(row) for row in rows]})

    @extend_schema(request=RolloutInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str) -> Response:
        body = RolloutInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        version = access.version_for(request.user, name, said["version"])
        rollout = rollouts.start_rollout(
            version=version, kind=said["kind"], share=said["share"], actor=request.user
        )
        return Response(rollout_json(rollout), status=201)


class RolloutStopApi(APIView):
    @extend_schema(request=ReasonInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, rollout_id: UUID) -> Response:
        body = ReasonInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        rollout = access.rollout_for(request.user, rollout_id)
        return Response(
            rollout_json(rollouts.end_rollout(rollout=rollout, actor=request.user, **body.validated_data))
        )


class RolloutPromoteApi(APIView):
    """409 with the gate's figures when the version is worse than the one in production."""

    @extend_schema(request=PromoteRolloutInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, rollout_id: UUID) -> Response:
        body = PromoteRolloutInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        rollout = access.rollout_for(request.user, rollout_id)
        rollouts.promote_rollout(rollout=rollout, actor=request.user, **body.validated_data)
        rollout.refresh_from_db()
        return Response(rollout_json(rollout))


class RuntimeApi(APIView):
    """What computes a version's answers, and what was measured. POST has it measured again."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, name: str, number: int) -> Response:
        version = access.version_for(request.user, name, number)
        return Response(runtime_json(getattr(version, "runtime", None)))

    @extend_schema(request=RuntimeInput, responses={202: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str, number: int) -> Response:
        body = RuntimeInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        version = access.version_for(request.user, name, number)
        wish = runtimes.measure_runtime(version=version, actor=request.user, **body.validated_data)
        return Response(runtime_json(wish), status=202)


def preannotation_json(wish: Preannotation) -> dict[str, Any]:
    return {
        "id": str(wish.pk),
        "project": str(wish.project_id),
        "field": wish.field,
        "version": wish.version.number,
        "state": wish.state,
        "reason": wish.reason,
        "share": wish.share,
        "total": wish.total,
        "seen": wish.seen,
        "suggested": wish.suggested,
        "created_at": wish.created_at,
        "finished_at": wish.finished_at,
    }


def rollout_json(rollout: Rollout) -> dict[str, Any]:
    return {
        "id": str(rollout.pk),
        "version": rollout.version.number,
        "baseline": rollout.baseline.number,
        "kind": rollout.kind,
        "share": rollout.share,
        "state": rollout.state,
        "reason": rollout.reason,
        "figures": rollout.figures,
        "started_at": rollout.started_at,
        "watched_at": rollout.watched_at,
        "ended_at": rollout.ended_at,
    }


def runtime_json(wish: ServingRuntime | None) -> dict[str, Any]:
    if wish is None:
        return {"state": "", "int8": False, "reason": "", "choice": None}
    return {"state": wish.state, "int8": wish.int8, "reason": wish.reason, "choice": wish.choice}
