from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.errors import Invalid, NotFound, Problem
from common.idempotency import idempotent
from common.pagination import ById
from training import access, trainers
from training.api.present import desk_json, run_json, run_with_metrics, trial_json
from training.models import Run, Trial
from training.services import queue, runs


class PriorityField(serializers.ChoiceField):
    """ "low", "normal" or "high"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[name.lower() for name in Run.Priority.names], **kwargs)


def priority_of(name: str) -> int:
    return Run.Priority[name.upper()].value


class MoveInput(serializers.Serializer[Any]):
    priority = PriorityField(required=False)
    first = serializers.BooleanField(required=False, default=False)


class RunInput(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    field = serializers.CharField(max_length=60)
    recipe = serializers.JSONField(required=False, default=dict)
    snapshot = serializers.UUIDField(required=False, allow_null=True)
    priority = PriorityField(required=False, default="normal")
    search = serializers.JSONField(required=False, default=None)


class RunsApi(APIView):
    @extend_schema(operation_id="runs_list", responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_trainer_desk(request.user)
        rows = access.runs_for(request.user).select_related(
            "version__model", "search__best", "search__recipe"
        )
        if state := request.query_params.get("state"):
            if state not in Run.State.values:
                detail = _("One of %s.") % ", ".join(Run.State.values)
                raise Invalid(detail, problems=[Problem("/state", "choice", detail)])
            rows = rows.filter(state=state)
        paginator = ById()
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response([run_json(row) for row in page or []])

    @extend_schema(request=RunInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        body = RunInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        project = access.project_to_train(request.user, data["project"])
        snapshot = None
        if wanted := data.get("snapshot"):
            snapshot = access.snapshots_for(request.user).filter(pk=wanted).first()
            if snapshot is None:
                raise NotFound(_("There is no such snapshot."))
        run = runs.start_run(
            project=project,
            field=data["field"],
            recipe=data["recipe"],
            snapshot=snapshot,
            priority=priority_of(data["priority"]),
            search=data["search"],
            actor=request.user,
        )
        return Response(run_json(run), status=201, headers={"Location": f"/api/v1/runs/{run.pk}"})


class RunApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, run_id: UUID) -> Response:
        return Response(run_with_metrics(access.run_for(request.user, run_id)))


class RunCancelApi(APIView):
    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = runs.cancel_run(run=access.run_for(request.user, run_id), actor=request.user)
        return Response(run_json(run))


class RunResumeApi(APIView):
    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = runs.resume_run(run=access.run_for(request.user, run_id), actor=request.user)
        return Response(run_json(run))


class RunTrialsApi(APIView):
    """Every trial of a search, in order; without a search there are none."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = access.run_for(request.user, run_id)
        trials = Trial.objects.filter(search=run.pk).order_by("number")
        return Response({"results": [trial_json(trial) for trial in trials]})


class RunPlaceApi(APIView):
    """Another priority for a waiting run, or, with `first`, the head of the queue."""

    @extend_schema(request=MoveInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, run_id: UUID) -> Response:
        body = MoveInput(data=request.data)
        body.is_valid(raise_exception=True)
        run, wanted = access.run_for(request.user, run_id), body.validated_data
        if "priority" in wanted:
            run = queue.prioritise_run(run=run, priority=priority_of(wanted["priority"]), actor=request.user)
        if wanted["first"]:
            run = queue.advance_run(run=run, actor=request.user)
        return Response(run_json(run))


class TrainersApi(APIView):
    """The trainers at work now: machine, versions, cards; how many runs wait and run."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_trainer_desk(request.user)
        return Response(desk_json(trainers.desk()))


class RunMetricsApi(APIView):
    """All figures so far, in order; `after=STEP` gives only what is newer."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, run_id: UUID) -> Response:
        run = access.run_for(request.user, run_id)
        after = serializers.IntegerField(min_value=-1).run_validation(request.query_params.get("after", -1))
        points = run.points.filter(step__gt=after).order_by("step", "kind")
        return Response(
            {
                "state": run.state,
                "progress": run.progress,
                "results": [{"kind": p.kind, "step": p.step, "at": p.at, **p.values} for p in points],
            }
        )
