from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications import selectors
from applications.access import project_with
from applications.recommendation import persons, present, taste
from applications.recommendation.mixing.reading import Line
from applications.recommendation.services import (
    catalogue,
    dismissing,
    interactions,
    mixing,
    publishing,
    recommending,
)
from applications.recommendation.taste import Taste
from common.idempotency import idempotent
from tasks_app.models import Project

TEMPLATE = "recommendation"


def project_of(request: ApiSignedIn, project_id: UUID) -> Project:
    return project_with(request.user, project_id, TEMPLATE)[0]


class ItemsInput(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.JSONField())


class InteractionsInput(serializers.Serializer[Any]):
    interactions = serializers.ListField(child=serializers.JSONField())


class RecommendInput(serializers.Serializer[Any]):
    person = serializers.CharField(required=False, max_length=200)
    history = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, min_length=1, max_length=200
    )
    interests = serializers.CharField(required=False, max_length=taste.LONGEST)
    count = serializers.IntegerField(default=10)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"person", "history", "interests"} & attrs.keys()) != 1:
            detail = "Give exactly one of person, history and interests."
            raise serializers.ValidationError(detail)
        return attrs


class DismissInput(serializers.Serializer[Any]):
    person = serializers.CharField(required=False, max_length=200)
    item = serializers.CharField(max_length=200)
    prediction = serializers.UUIDField(required=False, allow_null=True, default=None)


class MixtureInput(serializers.Serializer[Any]):
    diversity = serializers.FloatField()


class TasksInput(serializers.Serializer[Any]):
    count = serializers.IntegerField(default=50)


def lines_in(rows: list[Any]) -> list[Line]:
    """A place in the list counts as a line, from 1."""
    return [
        Line(number, row) if isinstance(row, dict) else Line(number, {}, "no JSON object")
        for number, row in enumerate(rows, start=1)
    ]


class ItemsApi(APIView):
    """Adds or changes up to 5,000 items {id, title, text, published_at, active}; a bad one is reported with
    its place in the list and left out."""

    @extend_schema(request=ItemsInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        body = ItemsInput(data=request.data)
        body.is_valid(raise_exception=True)
        lines = lines_in(body.validated_data["items"])
        done = catalogue.push_items(project=project, lines=lines, actor=request.user)
        return Response(present.pushed_json(done))


class InteractionsApi(APIView):
    """Adds up to 5,000 interactions {person, item, kind: viewed, used, liked or dismissed, at}. Of `person`,
    any name in your own books, a keyed digest is stored. One that is there already changes nothing."""

    @extend_schema(request=InteractionsInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        body = InteractionsInput(data=request.data)
        body.is_valid(raise_exception=True)
        lines = lines_in(body.validated_data["interactions"])
        done = interactions.push_interactions(project=project, lines=lines, actor=request.user)
        return Response(present.pushed_json(done))


class RecommendApi(APIView):
    """The best items for a person, a history (ids of items, the latest first), or typed interests.

    Whoever has opted out of profiling, or is not known, gets what is popular and new; `why_no_profile` says
    which of the two.
    """

    @extend_schema(request=RecommendInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        body = RecommendInput(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        answer = recommending.recommend(
            project=project, taste=_taste(project, asked), count=asked["count"], actor=request.user
        )
        return Response(present.answer_json(answer))


def _taste(project: Project, asked: dict[str, Any]) -> Taste:
    if "person" in asked:
        return taste.taste_of_person(project, asked["person"])
    if "history" in asked:
        return taste.taste_of_history(project, asked["history"])
    return taste.taste_of_interests(asked["interests"])


class DismissalsApi(APIView):
    """Not for me: keeps an item off a person's lists, and files feedback on the model's answer."""

    @extend_schema(request=DismissInput, responses={204: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        body = DismissInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        person = said.get("person")
        dismissing.dismiss(
            project=project, prediction_id=said["prediction"], item_id=said["item"], actor=request.user,
            person_id=persons.person_id(project.pk, person) if person else None,
        )  # fmt: skip
        return Response(status=204)


class FiguresApi(APIView):
    """NDCG@10 and hit rate on each person's last interaction, of newcomers and of untouched items."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, kind = project_with(request.user, project_id, TEMPLATE)
        about = selectors.about(project, kind)
        return Response(
            {
                "figures": [asdict(figure) for figure in about.figures],
                "measured_at": about.measured.measured_at if about.measured else None,
                "outdated": about.outdated,
                "mixture": present.mixture_json(recommending.mixture_of(project)),
            }
        )


class MixtureApi(APIView):
    """What is mixed with which weights. PUT sets the diversity; POST has the weights learned anew."""

    @extend_schema(operation_id="recommendation_mixture", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        return Response(present.mixture_json(recommending.mixture_of(project)))

    @extend_schema(request=MixtureInput, responses={200: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        body = MixtureInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = mixing.set_diversity(project=project, actor=request.user, **body.validated_data)
        return Response(present.mixture_json(row))

    @extend_schema(request=None, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        row = mixing.ask_to_learn(project=project_of(request, project_id), actor=request.user)
        return Response(present.mixture_json(row), status=202)


class TasksApi(APIView):
    """Publishes the pairs that the model doubts most as items to be labelled."""

    @extend_schema(request=TasksInput, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_of(request, project_id)
        body = TasksInput(data=request.data)
        body.is_valid(raise_exception=True)
        job, number = publishing.publish_pairs(project=project, actor=request.user, **body.validated_data)
        return Response({"import": str(job.pk), "pairs": number}, status=202)
