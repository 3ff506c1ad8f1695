from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from annotations.quality import FieldQuality, Quality, quality_of
from annotations.reviewed import Reviewed, reviewed_of
from annotations.savings import Savings, Simulated, savings_of
from annotations.services.fitting import refit_project
from tasks_app.access import project_for


class QualityApi(APIView):
    """Agreement, labels, people, cost, time and progress of one project.

    Agreement is that of the last fit: Krippendorff's alpha with its 95 % interval, at the level of the field
    (`measure`: nominal, ordinal, or by the distance of whole answers), kappa, F1 of what is marked in a text,
    all of it over time, what is taken for what (`confusion`, against the consensus) and how alike two people
    answer (`pairs`).
    """

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REQUESTER)
        found = quality_of(project)
        savings = savings_json(savings_of(project), found.currency)
        review = _review(reviewed_of(project))
        return Response({**quality_json(found), "savings": savings, "review": review})


def _review(reviewed: Reviewed) -> dict[str, Any]:
    agreement = reviewed.agreement
    return {
        "categories": [
            {"code": one.category.name, "decisions": one.decisions, "answers": one.answers}
            for one in reviewed.categories
        ],
        "second_looks": {**asdict(agreement), "rate": agreement.rate},
    }


class RefitApi(APIView):
    """Estimate everybody's skill anew and decide what can be decided, without waiting for the next round."""

    @extend_schema(request=None, responses={200: OpenApiResponse()})
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id, Role.REVIEWER)
        refit_project(project.pk)
        return Response({"fields": [_field(field) for field in quality_of(project).fields]})


def savings_json(savings: Savings, currency: str) -> dict[str, Any]:
    def priced(row: Savings | Simulated) -> dict[str, Any]:
        fields = asdict(row)
        return {**fields, "saved_money": {"amount_minor": fields.pop("saved_minor"), "currency": currency}}

    return {**priced(savings), "simulated": [priced(row) for row in savings.simulated]}


def quality_json(quality: Quality) -> dict[str, Any]:
    def money(amount: float | None) -> dict[str, Any] | None:
        return None if amount is None else {"amount_minor": round(amount), "currency": quality.currency}

    return {
        "fields": [_field(field) for field in quality.fields],
        "workers": [asdict(worker) for worker in quality.workers],
        "cost": {
            "paid": money(quality.paid_minor),
            "reserved": money(quality.reserved_minor),
            "escrow": money(quality.escrow_minor),
            "per_settled_item": money(quality.per_settled_item_minor),
        },
        "time": {
            "median_seconds": quality.rate.median_seconds,
            "hourly_rate": money(quality.rate.median_minor),
            "hourly_rate_upper": money(quality.rate.upper_minor),
        },
        "progress": {**asdict(quality.progress), "answers": dict(quality.answers)},
    }


def _field(field: FieldQuality) -> dict[str, Any]:
    found = field.measured
    return {
        "field": field.field,
        "title": field.title,
        "agreement": {
            "alpha": field.alpha,
            "low": field.low,
            "high": field.high,
            "units": field.units,
            "judgments": found.get("judgments", 0),
            "measure": found.get("measure"),
            "levels": found.get("levels", {}),
            "kappa": found.get("kappa", {}),
            "f1": found.get("f1", {}),
            "over_time": {"step": found.get("step"), "parts": found.get("over_time", [])},
        },
        "labels": [asdict(label) for label in field.labels],
        "confusion": found.get("confused", []),
        "pairs": found.get("pairs", []),
        "states": dict(field.states),
        "weighing": field.weighing and asdict(field.weighing),
        "reading": field.reading and asdict(field.reading),
    }
