from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import roles
from accounts.api import ApiSignedIn
from accounts.models import Role
from common.errors import Invalid, Problem
from common.idempotency import idempotent, key_of
from common.ids import uuid7
from common.pagination import ById
from rewards.services import ledger
from tasks_app import access, categories, selectors
from tasks_app.legal_basis import LegalBasis
from tasks_app.models import Project
from tasks_app.services import projects

_FIELDS = (
    "An ordered list of answer fields: `choice`, `span`, `scale` (min, max, step, low, high), `text`, "
    "`rank` (of the item's candidates; top) and `relation` (from, to: span fields before it; from_labels, "
    "to_labels, directed). docs/answer-fields.md has all of their options and the answers they take."
)


class MoneyInput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField(min_value=0, max_value=10_000_000)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)


class OverlapInput(serializers.Serializer[Any]):
    min = serializers.IntegerField(min_value=1, max_value=50)
    max = serializers.IntegerField(min_value=1, max_value=50)
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False)


class ProjectInput(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    instructions = serializers.CharField(max_length=50_000, required=False, allow_blank=True)
    fields_ = serializers.JSONField(required=False, help_text=_FIELDS)
    reward = MoneyInput(required=False)
    overlap = OverlapInput(required=False)
    lease_seconds = serializers.IntegerField(required=False)
    undo_seconds = serializers.IntegerField(min_value=0, max_value=30, required=False)
    gold_share = serializers.FloatField(min_value=0, max_value=0.5, required=False)
    sample_check_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    second_review_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    reviewers_needed = serializers.IntegerField(min_value=1, max_value=3, required=False)
    pay_rejected_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    pay_withdrawn_share = serializers.FloatField(min_value=0, max_value=1, required=False)
    gold_evidence = serializers.BooleanField(required=False)
    error_categories = serializers.JSONField(required=False)
    auto_approve_after = serializers.IntegerField(min_value=0, max_value=21 * 86400, required=False)
    languages = serializers.ListField(child=serializers.CharField(max_length=10), required=False)
    visibility = serializers.ChoiceField(choices=Project.Visibility.choices, required=False)
    budget = MoneyInput(required=False, allow_null=True)
    qualification = serializers.JSONField(required=False, allow_null=True)
    sampling = serializers.ChoiceField(choices=Project.Sampling.choices, required=False)
    max_per_person = serializers.IntegerField(min_value=1, max_value=10**6, required=False, allow_null=True)
    max_per_group = serializers.IntegerField(min_value=1, max_value=10**6, required=False, allow_null=True)
    privacy_policy = serializers.ChoiceField(choices=Project.PrivacyPolicy.choices, required=False)
    privacy_check = serializers.IntegerField(min_value=0, max_value=1_000, required=False)
    privacy_scope = serializers.ChoiceField(choices=Project.PrivacyScope.choices, required=False)
    privacy_model = serializers.BooleanField(required=False)
    originals = serializers.ChoiceField(choices=Project.Originals.choices, required=False)
    may_reveal = serializers.ChoiceField(choices=Project.MayReveal.choices, required=False)
    erasure_answers = serializers.ChoiceField(choices=Project.ErasureOfAnswers.choices, required=False)
    erasure_models = serializers.ChoiceField(choices=Project.ErasureOfModels.choices, required=False)
    erasure_ground = serializers.CharField(max_length=500, required=False, allow_blank=True)
    data_source = serializers.CharField(max_length=300, required=False, allow_blank=True)
    data_licence = serializers.CharField(max_length=100, required=False, allow_blank=True)
    data_basis = serializers.ChoiceField(choices=LegalBasis.choices, required=False, allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """`fields` is the name in the interface, and taken by the class in Python."""
        found = super().get_fields()
        return {("fields" if name == "fields_" else name): value for name, value in found.items()}


class ProjectCreateInput(ProjectInput):
    title = serializers.CharField(max_length=120, required=False)
    template = serializers.CharField(max_length=60, required=False)


def settings_from(data: dict[str, Any]) -> dict[str, Any]:
    """The interface's nested names as the model's flat ones."""
    flat = {k: v for k, v in data.items() if k not in {"reward", "overlap", "budget"}}
    if reward := data.get("reward"):
        flat["reward_minor"] = reward["amount_minor"]
        if "currency" in reward:
            flat["currency"] = reward["currency"]
    for name, value in (data.get("overlap") or {}).items():
        flat["confidence" if name == "confidence" else f"overlap_{name}"] = value
    if "budget" in data:
        flat["budget_minor"] = data["budget"]["amount_minor"] if data["budget"] else None
    return flat


def project_json(project: Project, *, full: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(project.pk),
        "title": project.title,
        "state": project.state,
        "template": project.template,
        "reward": {"amount_minor": project.reward_minor, "currency": project.currency},
        "languages": project.languages,
        "visibility": project.visibility,
        "created_at": project.created_at,
        "published_at": project.published_at,
    }
    return {**body, **_details(project)} if full else body


def _details(project: Project) -> dict[str, Any]:
    version = project.schema_versions.order_by("-number").first()
    balances = ledger.balances(project_id=project.pk, currency=project.currency)
    counts = selectors.progress(project.pk)
    return {
        "instructions": project.instructions,
        "fields": version.fields if version else [],
        "schema_version": version.number if version else None,
        "overlap": {"min": project.overlap_min, "max": project.overlap_max, "confidence": project.confidence},
        "lease_seconds": project.lease_seconds,
        "undo_seconds": project.undo_seconds,
        "gold_share": project.gold_share,
        "sample_check_share": project.sample_check_share,
        "second_review_share": project.second_review_share,
        "reviewers_needed": project.reviewers_needed,
        "pay_rejected_share": project.pay_rejected_share,
        "pay_withdrawn_share": project.pay_withdrawn_share,
        "gold_evidence": project.gold_evidence,
        "error_categories": [one.to_json() for one in categories.parse(project.error_categories)],
        "auto_approve_after": project.auto_approve_after,
        "budget": None
        if project.budget_minor is None
        else {"amount_minor": project.budget_minor, "currency": project.currency},
        "qualification": project.qualification,
        "sampling": project.sampling,
        "max_per_person": project.max_per_person,
        "max_per_group": project.max_per_group,
        "privacy_policy": project.privacy_policy,
        "privacy_scope": project.privacy_scope,
        "privacy_check": project.privacy_check,
        "privacy_model": project.privacy_model,
        "originals": project.originals,
        "may_reveal": project.may_reveal,
        "erasure_answers": project.erasure_answers,
        "erasure_models": project.erasure_models,
        "erasure_ground": project.erasure_ground,
        "data_source": project.data_source,
        "data_licence": project.data_licence,
        "data_basis": project.data_basis,
        "balance": {
            name: {"amount_minor": getattr(balances, name), "currency": project.currency}
            for name in ("escrow", "reserved", "paid")
        },
        "progress": {
            name: getattr(counts, name)
            for name in ("items", "waiting", "open", "closed", "withdrawn", "gold", "slots", "submitted")
        },
    }


class ProjectsApi(APIView):
    @extend_schema(operation_id="projects_list", responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        paginator = ById()
        rows = paginator.paginate_queryset(selectors.projects_of(request.user), request, view=self)
        return paginator.get_paginated_response([project_json(row) for row in rows or []])

    @extend_schema(request=ProjectCreateInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        roles.require_site_role(request.user, Role.REQUESTER)
        body = ProjectCreateInput(data=request.data)
        body.is_valid(raise_exception=True)
        settings = settings_from(body.validated_data)
        if "template" not in settings and not settings.get("title"):
            detail = _("Give the project a title, or name a template that has one.")
            raise Invalid(detail, problems=[Problem("/title", "required", detail)])
        project = projects.create_project(owner=request.user, **settings)
        return Response(project_json(project, full=True), status=201)


class ProjectApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id, Role.REVIEWER)
        return Response(project_json(project, full=True))

    @extend_schema(request=ProjectInput, responses={200: None})
    def patch(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = ProjectInput(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        settings = settings_from(body.validated_data)
        project = projects.update_project(project=project, actor=request.user, **settings)
        return Response(project_json(project, full=True))


class PublishApi(APIView):
    @extend_schema(request=None, responses={200: None, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(project_json(projects.publish_project(project=project, actor=request.user)))


class PauseApi(APIView):
    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(project_json(projects.pause_project(project=project, actor=request.user)))


class FinishApi(APIView):
    @extend_schema(request=None, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(project_json(projects.finish_project(project=project, actor=request.user)))


class FundInput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField(min_value=1, max_value=10**12)


class FundApi(APIView):
    @extend_schema(request=FundInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = FundInput(data=request.data)
        body.is_valid(raise_exception=True)
        projects.fund_project(
            project=project,
            amount_minor=body.validated_data["amount_minor"],
            actor=request.user,
            key=_money_key(request),
        )
        return Response(project_json(project, full=True))


def _money_key(request: Request) -> str:
    return f"fund:{request.user.pk}:{key_of(request) or uuid7()}"[:120]
