"""The designer over REST: a schema checked as it is typed, what a project will cost, its pilot."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from tasks_app import access, selectors
from tasks_app.api.projects import project_json
from tasks_app.designer.checking import check_text
from tasks_app.designer.samples import read_sample
from tasks_app.expecting import expect
from tasks_app.fields.problem import InvalidPayload
from tasks_app.fields.schema import check_fit, parse_fields
from tasks_app.saying import in_words
from tasks_app.services import designing

MOST_TEXT = 400_000


class CheckInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MOST_TEXT, allow_blank=True, trim_whitespace=False)
    sample = serializers.CharField(max_length=200_000, required=False, allow_blank=True)


class SchemaCheckApi(APIView):
    """Whether a text is a good schema: its fields in full, or each problem with line and column.

    With `sample`, pasted text or one line of an import file, also it as an item, and why fields do not suit.
    """

    @extend_schema(request=CheckInput, responses={200: None, 422: None}, operation_id="schema_check")
    def post(self, request: ApiSignedIn) -> Response:
        body = CheckInput(data=request.data)
        body.is_valid(raise_exception=True)
        checked = check_text(body.validated_data["text"])
        answer: dict[str, Any] = {
            "ok": checked.fields is not None,
            "fields": checked.fields,
            "problems": [asdict(problem) for problem in checked.problems],
        }
        if sample := body.validated_data.get("sample"):
            answer |= _sample(sample, checked.fields)
        return Response(answer)


def _sample(text: str, fields: list[dict[str, Any]] | None) -> dict[str, Any]:
    try:
        payload = read_sample(text)
    except InvalidPayload as error:
        return {"sample": None, "misfits": [in_words(problem) for problem in error.problems]}
    misfits = check_fit(parse_fields(fields), payload) if fields else []
    return {"sample": payload, "misfits": [in_words(problem) for problem in misfits]}


class SchemasApi(APIView):
    """All versions of a project's fields, the latest first."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        rows = selectors.schema_versions(project)
        return Response({"results": [{**row, "id": str(row["id"])} for row in rows]})


_OVERLAP = OpenApiParameter("overlap", int, description="As if so many answers were asked of each item.")
_REWARD = OpenApiParameter("reward_minor", int, description="As if so much were paid for one answer.")


class EstimateInput(serializers.Serializer[Any]):
    overlap = serializers.IntegerField(min_value=1, max_value=50, required=False)
    reward_minor = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False)


class EstimateApi(APIView):
    """Time and cost of all items, by the pilot, a try or a guess (`source`), each with a 95 % interval."""

    @extend_schema(parameters=[_OVERLAP, _REWARD], responses={200: None}, operation_id="project_estimate")
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        query = EstimateInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        overlap = query.validated_data.get("overlap")
        found = expect(
            project,
            overlap=(overlap, overlap) if overlap else None,
            reward_minor=query.validated_data.get("reward_minor"),
        )
        return Response(found.to_json())


class PilotInput(serializers.Serializer[Any]):
    items = serializers.IntegerField(min_value=1, max_value=designing.MOST_PILOT_ITEMS)


class PilotApi(APIView):
    """Publish some items first. 409 with what is missing, as at publishing."""

    @extend_schema(request=PilotInput, responses={200: None, 409: None}, operation_id="pilot_start")
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = PilotInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = designing.start_pilot(project=project, items=body.validated_data["items"], actor=request.user)
        return Response({**project_json(row), "pilot_items": row.pilot_items})


class PilotEndApi(APIView):
    """Ask all items. 409 while the money for them is missing."""

    @extend_schema(request=None, responses={200: None, 409: None}, operation_id="pilot_end")
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        row = designing.end_pilot(project=project, actor=request.user)
        return Response({**project_json(row), "pilot_items": row.pilot_items})
