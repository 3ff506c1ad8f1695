"""What REST requests may say. Only shapes are checked here; rules stand in the services."""

import math
from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from rest_framework import serializers

from applications.social_content.ranking import Weights
from applications.social_content.services.posts import MOST_CHARACTERS, NewPost

_ID = RegexValidator(r"\A[\w.:\-]{1,100}\Z")


class FiniteField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            raise serializers.ValidationError(_("Send a finite number."))
        return float(value)


class PostInput(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=100, validators=[_ID])
    text = serializers.CharField(max_length=MOST_CHARACTERS)
    author = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    boost = FiniteField(required=False, default=0.0, min_value=-1, max_value=1)


class PostsInput(serializers.Serializer[Any]):
    posts = PostInput(many=True)


class PersonInput(serializers.Serializer[Any]):
    person = serializers.CharField(max_length=200)
    interests = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    profiling = serializers.BooleanField(required=False, default=True)


class ForgetInput(serializers.Serializer[Any]):
    person = serializers.CharField(max_length=200)


class WeightsInput(serializers.Serializer[Any]):
    match = FiniteField(required=False, min_value=0, max_value=1000)
    similarity = FiniteField(required=False, min_value=0, max_value=1000)
    recency = FiniteField(required=False, min_value=0, max_value=1000)
    half_life = FiniteField(required=False, min_value=0.01, max_value=3650)
    diversity = FiniteField(required=False, min_value=0, max_value=1)


class FeedInput(serializers.Serializer[Any]):
    """`person` or `interests`; with neither, posts come by time."""

    person = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    interests = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    profiling = serializers.BooleanField(required=False, default=True)
    count = serializers.IntegerField(required=False, default=20, min_value=1, max_value=50)
    weights = WeightsInput(required=False)


class DecideInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)
    seen = serializers.IntegerField(min_value=0)

    def get_fields(self) -> dict[str, Any]:
        # A serializer has an attribute of that name, so that the field cannot be declared as one.
        return {**super().get_fields(), "label": serializers.CharField(max_length=60)}


class FloorInput(serializers.Serializer[Any]):
    wanted = serializers.FloatField()
    confidence = serializers.FloatField(required=False, default=0.95)


def new_post(said: dict[str, Any]) -> NewPost:
    return NewPost(
        key=said["id"], text=said["text"], author=said["author"], posted_at=said["at"], boost=said["boost"]
    )


def weights_of(said: dict[str, Any] | None) -> Weights:
    return Weights(**(said or {}))
