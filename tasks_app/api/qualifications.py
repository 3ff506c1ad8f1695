"""Qualifications over REST: made by requesters, taken by annotators."""

from typing import Any, TypedDict
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import roles
from accounts.api import ApiSignedIn
from accounts.models import Role, User
from common.errors import NotFound
from common.idempotency import idempotent
from tasks_app import access, qualification_reads
from tasks_app.models import Qualification, QualificationItem, WorkerQualification
from tasks_app.pseudonyms import pseudonym
from tasks_app.qualification_reads import Standing, own_qualification, qualification_for, standing
from tasks_app.requiring import is_uuid
from tasks_app.services import qualification as service


class QualificationInput(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=Qualification.Kind.choices, required=False)
    instructions = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    fields_ = serializers.JSONField(required=False)
    items = serializers.ListField(child=serializers.JSONField(), required=False)
    pass_mark = serializers.FloatField(required=False)
    items_per_attempt = serializers.IntegerField(min_value=0, max_value=500, required=False)
    time_limit = serializers.IntegerField(required=False)
    retry_delay = serializers.IntegerField(min_value=0, max_value=365 * 86400, required=False)
    valid_for = serializers.IntegerField(
        min_value=60, max_value=10 * 365 * 86400, required=False, allow_null=True
    )
    earn = serializers.JSONField(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """`fields` is the name in the interface, and taken by the class in Python."""
        found = super().get_fields()
        return {("fields" if name == "fields_" else name): value for name, value in found.items()}


def standing_json(found: Standing) -> dict[str, Any]:
    row, attempt = found.qualification, found.attempt
    return {
        "id": str(row.pk),
        "title": row.title,
        "kind": row.kind,
        "instructions": row.instructions,
        "pass_mark": row.pass_mark,
        "questions": row.items_per_attempt,
        "time_limit": row.time_limit,
        "retry_delay": row.retry_delay,
        "held": found.is_held,
        "expires_at": found.held.expires_at if found.held and found.is_held else None,
        "may_start": found.may_start,
        "retry_at": found.retry_at,
        "has_training": found.has_training,
        "attempt": attempt and {"id": str(attempt.pk), "part": attempt.part, "state": attempt.state},
    }


def own_json(row: Qualification) -> dict[str, Any]:
    """All of it, with the right answers: for whoever made it."""
    items = row.items.filter(retired_at=None).order_by("number")
    return {
        "id": str(row.pk),
        "title": row.title,
        "kind": row.kind,
        "instructions": row.instructions,
        "fields": row.fields,
        "pass_mark": row.pass_mark,
        "items_per_attempt": row.items_per_attempt,
        "time_limit": row.time_limit,
        "retry_delay": row.retry_delay,
        "valid_for": row.valid_for,
        "earn": row.earn,
        "items": [own_item_json(item) for item in items],
    }


def own_item_json(item: QualificationItem) -> dict[str, Any]:
    return {
        "id": str(item.pk),
        "part": item.part,
        **item.payload,
        "answer": item.answer,
        "explanation": item.explanation,
    }


class QualificationsApi(APIView):
    """Those that I may take or have, with where I stand; `?mine=true` those that I made, in full."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        if request.query_params.get("mine") == "true":
            own = Qualification.objects.filter(owner=request.user).order_by("-created_at")
            return Response({"results": [own_json(row) for row in own[:200]]})
        rows = qualification_reads.visible_to(request.user).order_by("title")[:200]
        return Response({"results": [standing_json(standing(row, request.user)) for row in rows]})

    @extend_schema(request=QualificationInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        roles.require_site_role(request.user, Role.REQUESTER)
        body = QualificationInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = service.define_qualification(owner=request.user, **body.validated_data)
        return Response(own_json(row), status=201)


class QualificationApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        row = qualification_for(request.user, qualification_id)
        own = own_json(row) if row.owner_id == request.user.pk else {}
        return Response({**standing_json(standing(row, request.user)), **own})

    @extend_schema(request=QualificationInput, responses={200: None})
    def patch(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        row = own_qualification(request.user, qualification_id)
        body = QualificationInput(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        changed = service.change_qualification(qualification=row, actor=request.user, **body.validated_data)
        return Response(own_json(changed))


class FromGoldInput(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    part = serializers.ChoiceField(choices=QualificationItem.Part.choices, default="exam")


class FromGoldApi(APIView):
    """Copy a project's gold items into the test."""

    @extend_schema(request=FromGoldInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        row = own_qualification(request.user, qualification_id)
        body = FromGoldInput(data=request.data)
        body.is_valid(raise_exception=True)
        project = access.project_for(request.user, body.validated_data["project"])
        part = body.validated_data["part"]
        added = service.add_from_gold(qualification=row, project=project, actor=request.user, part=part)
        return Response({"added": added}, status=201)


def holder_json(row: WorkerQualification) -> dict[str, Any]:
    """`worker` names the person here, to take it away or give it back; who was given it has a name."""
    given = row.source == WorkerQualification.Source.GRANTED
    return {
        "worker": str(row.worker_id) if given else qualification_reads.shown_name(row),
        "name": qualification_reads.shown_name(row),
        "source": row.source,
        "score": row.score,
        "granted_at": row.granted_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "reason": row.reason,
    }


class HoldersApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        row = own_qualification(request.user, qualification_id)
        rows = row.holders.select_related("worker").order_by("-granted_at")[:500]
        return Response({"results": [holder_json(one) for one in rows]})


class HolderInput(serializers.Serializer[Any]):
    worker = serializers.CharField(help_text="A person's id, e-mail address, or name among the holders.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


def worker_named(name: str, row: Qualification) -> User:
    """By a pseudonym those only who have, or had, the qualification."""
    for one in row.holders.select_related("worker") if name.startswith("W-") else []:
        if pseudonym(row.pk, one.worker_id) == name.strip():
            return one.worker
    by_id = User.objects.filter(pk=name) if is_uuid(name) else User.objects.none()
    found = by_id.first() or User.objects.filter(email=name.strip().lower(), imported=False).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


class Holding(TypedDict):
    qualification: Qualification
    worker: User
    actor: User
    reason: str


def holding_asked_for(request: ApiSignedIn, qualification_id: UUID) -> Holding:
    """Whose qualification a request gives or takes, and why."""
    row = own_qualification(request.user, qualification_id)
    body = HolderInput(data=request.data)
    body.is_valid(raise_exception=True)
    worker, reason = worker_named(body.validated_data["worker"], row), body.validated_data["reason"]
    return {"qualification": row, "worker": worker, "actor": request.user, "reason": reason}


class GrantApi(APIView):
    @extend_schema(request=HolderInput, responses={204: None})
    @idempotent
    def post(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        service.grant_qualification(**holding_asked_for(request, qualification_id))
        return Response(status=204)


class RevokeApi(APIView):
    @extend_schema(request=HolderInput, responses={204: None})
    @idempotent
    def post(self, request: ApiSignedIn, qualification_id: UUID) -> Response:
        service.revoke_qualification(**holding_asked_for(request, qualification_id))
        return Response(status=204)
