from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from rewards.models import Recognition
from rewards.services import recognition


class BadgeOutput(serializers.Serializer[Any]):
    name = serializers.ChoiceField(choices=list(recognition.BADGES))
    earned_at = serializers.DateTimeField()


class RecognitionOutput(serializers.Serializer[Any]):
    points = serializers.IntegerField()
    recent_points = serializers.IntegerField(help_text="of the last 30 days")
    level = serializers.IntegerField()
    next_level_at = serializers.IntegerField()
    streak = serializers.IntegerField(
        help_text="days of work; up to two days of rest between them break nothing"
    )
    longest_streak = serializers.IntegerField()
    active_days = serializers.IntegerField()
    badges = BadgeOutput(many=True)
    listing = serializers.ChoiceField(choices=Recognition.Listing.choices)
    nickname = serializers.CharField()
    time_zone = serializers.CharField()


class ListingInput(serializers.Serializer[Any]):
    listing = serializers.ChoiceField(choices=Recognition.Listing.choices, required=False)
    nickname = serializers.CharField(max_length=30, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=40, required=False)


def _json(row: Recognition) -> dict[str, Any]:
    return {
        "points": row.points,
        "recent_points": row.recent_points,
        "level": recognition.level_of(row.points),
        "next_level_at": recognition.points_for_next(row.points),
        "streak": row.streak,
        "longest_streak": row.longest_streak,
        "active_days": row.active_days,
        "badges": [{"name": b.name, "earned_at": b.earned_at} for b in recognition.badges_of(row.user)],
        "listing": row.listing,
        "nickname": row.nickname,
        "time_zone": row.time_zone,
    }


class RecognitionApi(APIView):
    """My points, level, badges and streak; and whether and how I am on the leaderboard."""

    @extend_schema(responses=RecognitionOutput)
    def get(self, request: ApiSignedIn) -> Response:
        return Response(_json(recognition.recognition_of(request.user.pk)))

    @extend_schema(request=ListingInput, responses=RecognitionOutput)
    def patch(self, request: ApiSignedIn) -> Response:
        body = ListingInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(_json(recognition.set_listing(user_id=request.user.pk, **body.validated_data)))


class PlaceOutput(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    name = serializers.CharField()
    points = serializers.IntegerField()
    level = serializers.IntegerField()
    mine = serializers.BooleanField()


class LeaderboardApi(APIView):
    """The most points of the last 30 days, of those who want to be listed."""

    @extend_schema(operation_id="leaderboard_list", responses=PlaceOutput(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        places = recognition.leaderboard(request.user.pk)
        return Response(
            {
                "results": [
                    {"rank": p.rank, "name": p.name, "points": p.points, "level": p.level, "mine": p.mine}
                    for p in places
                ]
            }
        )
