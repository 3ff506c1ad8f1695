import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.errors import NotFound
from common.idempotency import Redacted, idempotent
from training import access, serving
from training.models import Feedback
from training.services import cases, feedback, predictions


class PredictInput(serializers.Serializer[Any]):
    items = serializers.ListField(child=serializers.JSONField(), allow_empty=True)
    end_user = serializers.CharField(required=False, default="", max_length=200)


class FeedbackInput(serializers.Serializer[Any]):
    thumbs = serializers.ChoiceField(choices=["up", "down"], required=False, allow_null=True)
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    correction = serializers.JSONField(required=False, allow_null=True)
    comment = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    link = serializers.CharField(required=False, default="", max_length=1000)


_predict_input = PredictInput()  # making one copies every field, which takes longer than using it


class PredictApi(APIView):
    """Answers for up to 100 items, in order. With `end_user` come links for that person's feedback.

    `Server-Timing` says where the time went, in milliseconds. 503 with Retry-After when too many ask at once.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with serving.coming(kwargs["name"]):
            return super().dispatch(request, *args, **kwargs)

    @extend_schema(request=PredictInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, name: str) -> Response:
        body = _predict_input.run_validation(request.data)
        asked = access.model_to_ask(request.user, name)
        done = predictions.predict(
            model=asked.model,
            items=body["items"],
            actor=request.user,
            version=asked.version_for(_caller(body)),
            fallback=asked.production,
        )
        answer: dict[str, Any] = {
            "prediction_ids": [str(row.pk) for row in done.predictions],
            "results": [
                {"value": one.value, "confidence": one.confidence, "detail": one.detail}
                for one in done.answers
            ],
            "version": done.version.number,
        }
        if end_user := body["end_user"]:
            answer["feedback_links"] = [feedback.sign_link(row, end_user) for row in done.predictions]
        timing = ", ".join(f"{part};dur={1000 * taken:.2f}" for part, taken in done.seconds.items())
        timing = f'{timing}, pass;desc="{done.together} texts"'
        # What a model wrote may name people; a repeated request gets it as it was stored.
        stored = [
            {**shown, "value": row.value} if done.wrote else shown
            for shown, row in zip(answer["results"], done.predictions, strict=True)
        ]
        return Redacted(answer, kept={**answer, "results": stored}, headers={"Server-Timing": timing})


def _caller(body: Mapping[str, Any]) -> str:
    """Who keeps hearing the same version: the end user, or else whoever asks about the same first item."""
    return body["end_user"] or json.dumps(body["items"][:1], sort_keys=True)


class FeedbackApi(APIView):
    """For whoever asked, or with `link` for an end user who is known to whoever asked."""

    permission_classes = [AllowAny]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "feedback"

    @extend_schema(parameters=[OpenApiParameter("link", str)], responses={200: None})
    def get(self, request: ApiSignedIn, prediction_id: UUID) -> Response:
        """What this person said, and what became of it; with `link` for an end user."""
        if link := request.query_params.get("link"):
            prediction, end_user = feedback.read_link(link)
            said = prediction.feedback.filter(prediction=prediction_id, end_user=end_user)
        elif request.user.is_authenticated:
            prediction = access.prediction_for(request.user, prediction_id)
            said = prediction.feedback.filter(author=request.user)
        else:
            raise access.no_prediction()
        row = said.select_related("case__learned_by").first()
        if row is None:
            raise NotFound(_("You have not said anything about this answer yet."))
        return Response(feedback_json(row))

    @extend_schema(request=FeedbackInput, responses={201: None})
    def post(self, request: ApiSignedIn, prediction_id: UUID) -> Response:
        body = FeedbackInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        said["thumbs"] = {"up": 1, "down": -1}.get(said.get("thumbs") or "")
        if link := said.pop("link"):
            prediction, end_user = feedback.read_link(link)
            if prediction.pk != prediction_id:
                raise access.no_prediction()
            kept = feedback.give_feedback(prediction=prediction, end_user=end_user, **said)
            return Response(feedback_json(kept), status=201)
        if not request.user.is_authenticated:
            raise access.no_prediction()
        return self._from_signed_in(request, prediction_id, said)

    @idempotent
    def _from_signed_in(self, request: ApiSignedIn, prediction_id: UUID, said: dict[str, Any]) -> Response:
        prediction = access.prediction_for(request.user, prediction_id)
        kept = feedback.give_feedback(prediction=prediction, author=request.user, **said)
        return Response(feedback_json(kept), status=201)


def feedback_json(row: Feedback) -> dict[str, Any]:
    state, version = cases.outcome_of(row)
    return {
        "state": state,
        "learned_by_version": version,
        "id": str(row.pk),
        "prediction": str(row.prediction_id),
        "thumbs": {1: "up", -1: "down"}.get(row.thumbs or 0),
        "rating": row.rating,
        "correction": row.correction,
        "comment": row.comment,
    }
