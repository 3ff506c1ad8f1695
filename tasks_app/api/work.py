from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent, key_of
from privacy.pii.finding import KINDS
from rewards import fair_rate
from rewards.api.shapes import money_json
from tasks_app import access, selectors
from tasks_app.models import Assignment, Flag
from tasks_app.protecting.missed import Place
from tasks_app.reputation import Reputation
from tasks_app.services import assignment as work
from tasks_app.services import flags
from tasks_app.suggesting import suggestions_for


class CatalogueApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        return Response({"results": [_entry_json(entry) for entry in selectors.catalogue(request.user)]})


def _entry_json(entry: selectors.CatalogueEntry) -> dict[str, Any]:
    project = entry.project
    rate = entry.rate
    return {
        "id": str(project.pk),
        "title": project.title,
        "languages": project.languages,
        "reward": {"amount_minor": project.reward_minor, "currency": project.currency},
        "hourly_rate": money_json(rate.median_minor, project.currency),
        "hourly_rate_upper": money_json(rate.upper_minor, project.currency),
        "below_floor": rate.is_low,
        "median_minutes": None if rate.median_seconds is None else round(rate.median_seconds / 60, 2),
        "requester": requester_json(entry.reputation),
        "items_left": entry.items_left,
        "lacking": [one.text for one in entry.lacking],
        "lacking_codes": [{"code": one.code, "url": one.url} for one in entry.lacking],
    }


def requester_json(known: Reputation) -> dict[str, Any]:
    """Rates are null while the requester is new."""
    return {
        "approval_rate": known.approval_rate,
        "median_decision_seconds": known.decision_seconds,
        "appeal_rate": known.appeal_rate,
        "appeals_upheld": known.upheld_share,
        "decided": known.approved + known.rejected,
    }


class ClaimInput(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=1, max_value=work.MAX_LIVE, default=1)
    # Asked by what keeps items for work without a network: more than five may be held.
    ahead = serializers.BooleanField(default=False)


_claim_input = ClaimInput()  # making one copies every field, which takes longer than using it


class ClaimApi(APIView):
    @extend_schema(request=ClaimInput, responses={201: None, 204: None})
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_to_claim(request.user, project_id)
        body = _claim_input.run_validation(request.data or {})
        leases = work.claim_items(
            project=project,
            worker=request.user,
            count=body["count"],
            claim_key=key_of(request),
            ahead=body["ahead"],
        )
        if not leases:
            return Response(status=204)
        return Response({"assignments": leases_json(leases)}, status=201)


class LiveAssignmentsApi(APIView):
    """What the person holds right now, so that a reload or a second tab goes on with the same items."""

    open_before_notice = True

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_to_answer(request.user, project_id)
        rows = selectors.live_assignments(request.user, project.pk)
        return Response({"assignments": leases_json([work.lease_of(row) for row in rows])})


def leases_json(leases: list[work.Lease]) -> list[dict[str, Any]]:
    schemas = {pk: selectors.schema_version(pk) for pk in {lease.schema_version_id for lease in leases}}
    shown = suggestions_for([lease.item_id for lease in leases])
    return [
        {
            "id": str(lease.assignment_id),
            "lease_expires_at": lease.lease_expires_at,
            "item": {"id": str(lease.item_id), **lease.payload},
            "schema_version": schemas[lease.schema_version_id].number,
            "fields": schemas[lease.schema_version_id].fields,
            **({"suggestion": shown[lease.item_id]} if lease.item_id in shown else {}),
        }
        for lease in leases
    ]


class ReturnInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ReturnApi(APIView):
    open_before_notice = True

    @extend_schema(request=ReturnInput, responses={204: None})
    def post(self, request: ApiSignedIn, assignment_id: UUID) -> Response:
        row = access.assignment_for(request.user, assignment_id)
        body = ReturnInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        work.return_assignment(assignment=row, reason=body.validated_data["reason"])
        return Response(status=204)


class ExtendApi(APIView):
    open_before_notice = True

    @extend_schema(request=None, responses={200: None, 409: None})
    def post(self, request: ApiSignedIn, assignment_id: UUID) -> Response:
        row = access.assignment_for(request.user, assignment_id)
        return Response({"lease_expires_at": work.extend_lease(assignment=row)})


class ActivityApi(APIView):
    """A sign of life: I am at work on this item right now. Send one every 20 seconds while that is so.

    The hourly rate is measured from these; without them at most two minutes of an item count as work.
    """

    open_before_notice = True

    @extend_schema(request=None, responses={204: None})
    def post(self, request: ApiSignedIn, assignment_id: UUID) -> Response:
        row = access.assignment_for(request.user, assignment_id)
        if row.state == Assignment.State.LEASED:
            fair_rate.record_sign_of_life(row.pk)
        return Response(status=204)


class ReclaimApi(APIView):
    open_before_notice = True

    @extend_schema(request=None, responses={200: None, 409: None})
    def post(self, request: ApiSignedIn, assignment_id: UUID) -> Response:
        row = access.assignment_for(request.user, assignment_id)
        return Response({"lease_expires_at": work.reclaim_assignment(assignment=row)})


class PlaceInput(serializers.Serializer[Any]):
    """Code points start..end (end exclusive) of a turn; candidates come after the turns."""

    turn = serializers.IntegerField(min_value=0)
    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class FlagInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Flag.Kind.choices)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    # Where the personal data stands, and what it is, as far as the person can say.
    spans = serializers.ListField(child=PlaceInput(), required=False, default=list, max_length=20)
    data_kind = serializers.ChoiceField(choices=sorted(KINDS), required=False, allow_blank=True, default="")


class FlagApi(APIView):
    open_before_notice = True

    @extend_schema(request=FlagInput, responses={204: None})
    @idempotent
    def post(self, request: ApiSignedIn, assignment_id: UUID) -> Response:
        row = access.assignment_for(request.user, assignment_id)
        body = FlagInput(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        places = [Place(**one) for one in values.pop("spans")]
        flags.flag_item(assignment=row, actor=request.user, spans=places, **values)
        return Response(status=204)
