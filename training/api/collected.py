from typing import Any
from uuid import UUID

import numpy as np
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from tasks_app.access import project_for
from training import access
from training.analysis.topics import NO_TOPIC
from training.analysis_filter import Filter
from training.collected import Collected, texts_at

PAGE = 100
_OBJECT = OpenApiResponse()


class FilterQuery(serializers.Serializer[Any]):
    label = serializers.CharField(required=False, default="", max_length=200)  # type: ignore[assignment]
    annotator = serializers.CharField(required=False, default="", help_text="a pseudonym of the project")
    since = serializers.DateField(required=False, default=None)
    until = serializers.DateField(required=False, default=None)

    @property
    def wanted(self) -> Filter:
        asked = self.validated_data
        return Filter(asked["label"], asked["annotator"], asked["since"], asked["until"])


class TurnsQuery(FilterQuery):
    topic = serializers.IntegerField(required=False, help_text="number of a topic; 0: of none")
    question = serializers.IntegerField(
        required=False, min_value=1, help_text="place in the unfiltered list of questions, from 1"
    )
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100_000)


class TableApi(APIView):
    """topics, sizes, questions, courses, paths, labels, lengths, turns, times, speakers or languages.

    Of the latest analysis, filtered by label, annotator and time; answered from what was computed before.
    """

    @extend_schema(operation_id="analysis_table_read", parameters=[FilterQuery], responses={200: _OBJECT})
    def get(self, request: ApiSignedIn, project_id: UUID, name: str) -> Response:
        project = project_for(request.user, project_id)
        query = FilterQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(
            {"table": name, "rows": access.collected_table(project, name, query.wanted).records()}
        )


class TurnsApi(APIView):
    """Turns of a topic or of a question (else all), with their places on the map, a hundred at a time."""

    @extend_schema(operation_id="analysis_turns_read", parameters=[TurnsQuery], responses={200: _OBJECT})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        query = TurnsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        found = access.collected_of(project, query.wanted)
        rows = np.flatnonzero(found.look.turns & _asked_for(found, asked))
        start = (asked["page"] - 1) * PAGE
        return Response(
            {"count": len(rows), "page": asked["page"], "turns": _turns(found, rows[start : start + PAGE])}
        )


def _asked_for(found: Collected, asked: dict[str, Any]) -> Any:
    turns = found.look.all_turns
    chosen = np.ones(len(turns), dtype=bool)
    if "topic" in asked:
        known = {one["number"]: place for place, one in enumerate(found.topics)} | {0: NO_TOPIC}
        chosen &= turns.topic == known.get(asked["topic"], len(known))
    if "question" in asked:
        chosen &= turns.question == asked["question"] - 1
    return chosen


def _turns(found: Collected, rows: Any) -> list[dict[str, Any]]:
    places = found.where(rows)
    texts, turns = texts_at(found.project, places), found.look.all_turns
    return [
        {
            "item": item, "turn": turn, "text": texts.get((item, turn)), "x": round(float(turns.x[row]), 4),
            "y": round(float(turns.y[row]), 4),
            "topic": 0 if turns.topic[row] < 0 else found.topics[turns.topic[row]]["number"],
        }
        for (item, turn), row in zip(places, rows, strict=True)
    ]  # fmt: skip
