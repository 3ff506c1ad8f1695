from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations import selectors
from common.pagination import ById


class ByTime(ById):
    ordering = "-created_at"


class MyAssignmentsApi(APIView):
    """Every item that I took, newest first: its lease, my answer's state and, if rejected, why."""

    open_before_notice = True

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        pages = ByTime()
        rows = pages.paginate_queryset(selectors.my_work(request.user), request, view=self) or []
        return pages.get_paginated_response([_line(selectors.work_line(row)) for row in rows])


def _line(line: selectors.WorkLine) -> dict[str, Any]:
    appeal = line.appeal
    return {
        "id": str(line.id),
        "project": {"id": str(line.project_id), "title": line.project},
        "item": {"id": str(line.item_id)},
        "state": line.state,
        "reward": line.reward.to_json(),
        "created_at": line.created_at,
        "lease_expires_at": line.lease_expires_at,
        "answer": line.answer_id
        and {
            "id": str(line.answer_id),
            "state": line.answer_state,
            "extra": line.extra,
            "reason": line.reason,
            "code": line.category.name if line.category else "",
            "paid_in_part": line.partial.to_json() if line.partial else None,
            "decided_at": line.decided_at,
            "may_appeal_until": line.may_appeal_until,
            "appeal": appeal
            and {
                "id": str(appeal.id),
                "state": appeal.state,
                "text": appeal.text,
                "decision": appeal.decision,
                "heard_by_same_reviewer": appeal.same_reviewer,
            },
        },
    }


class MySkillsApi(APIView):
    """How well I answer, per project and field, as of the last fit."""

    open_before_notice = True

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        lines = selectors.my_skills(request.user)
        return Response(
            {
                "results": [
                    {
                        "project": {"id": str(line.project_id), "title": line.project},
                        "field": line.field,
                        "accuracy": line.accuracy,
                        "answers": line.answers,
                        "low": line.low,
                        "high": line.high,
                        "labels": [asdict(label) for label in line.labels],
                    }
                    for line in lines
                ]
            }
        )
