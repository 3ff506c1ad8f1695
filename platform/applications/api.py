from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications import access, selectors
from applications.models import Setup
from applications.services.figures import ask_figures
from applications.services.setups import start_setup
from common.idempotency import idempotent


class SetupInput(serializers.Serializer[Any]):
    application = serializers.CharField(max_length=60)
    language = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ApplicationsApi(APIView):
    """The applications that there are. POST sets one up with the data that ships with it."""

    @extend_schema(operation_id="applications_list", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn) -> Response:
        found = selectors.offers(request.user.language)
        return Response(
            {
                "results": [
                    {
                        "application": one.kind.template,
                        "title": one.title,
                        "summary": one.summary,
                        "languages": one.languages,
                        "fields": [*one.kind.fields, *one.kind.optional],
                    }
                    for one in found
                ]
            }
        )

    @extend_schema(request=SetupInput, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        body = SetupInput(data=request.data)
        body.is_valid(raise_exception=True)
        setup = start_setup(actor=request.user, **body.validated_data)
        return Response(_json(setup), status=202)


class SetupApi(APIView):
    """How far a set-up is."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, setup_id: UUID) -> Response:
        return Response(_json(access.setup_for(request.user, setup_id)))


class ApplicationApi(APIView):
    """What a project's application stands on, and its figures. POST has them measured again."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, kind = access.project_with(request.user, project_id)
        about = selectors.about(project, kind)
        return Response(
            {
                "application": kind.template,
                "ready": about.is_ready,
                "standing": [
                    {
                        "field": one.field,
                        "needed": one.needed,
                        "model": one.version.model.name if one.version else None,
                        "version": one.version.number if one.version else None,
                        "snapshot": str(one.version.snapshot_id) if one.version else None,
                        "examples": one.examples,
                    }
                    for one in about.standing
                ],
                "figures": [asdict(figure) for figure in about.figures],
                "measured_at": about.measured.measured_at if about.measured else None,
                "outdated": about.outdated,
                "reason": about.measured.reason if about.measured else "",
            }
        )

    @extend_schema(request=None, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = access.project_with(request.user, project_id)
        ask_figures(project=project)
        return Response({"state": "queued"}, status=202)


def _json(setup: Setup) -> dict[str, Any]:
    return {
        "id": str(setup.pk),
        "application": setup.kind,
        "project": str(setup.project_id),
        "state": setup.state,
        "step": setup.step,
        "progress": round(selectors.progress(setup, selectors.runs_of(setup)), 3),
        "reason": setup.reason,
        "notes": setup.notes,
        "runs": setup.runs,
        "promoted": setup.promoted,
        "first_answer": setup.said,
        "seconds_to_first_answer": selectors.seconds_to_answer(setup),
        "created_at": setup.created_at,
        "done_at": setup.done_at,
    }
