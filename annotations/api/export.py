from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations.exporting.anonymity import check_people
from annotations.exporting.errors import CannotExport
from annotations.exporting.formats import FORMATS, chunks
from annotations.exporting.report import check_terms, left_out
from annotations.exporting.rows import WHICH, Export
from common import audit
from common.errors import Invalid, Problem
from tasks_app.access import project_for


class ExportInput(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=list(FORMATS), default="jsonl")
    which = serializers.ChoiceField(choices=WHICH, default="approved")
    people = serializers.ChoiceField(
        choices=("apart", "merged"),
        default="apart",
        help_text="merged: all answers under one name, where pseudonyms could tell who somebody is",
    )


class AnyRenderer(DefaultContentNegotiation):
    """DRF takes ?format= for the name of one of its renderers; here it names a file format."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format_suffix: str) -> list[BaseRenderer]:
        return list(renderers)


class LeftOutApi(APIView):
    """What an export would leave out now, and why: rows without consent, restricted, or without terms; values
    and answers of people who took their consent back."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = project_for(request.user, project_id)
        terms = {"data_licence": project.licence, "data_basis": project.legal_basis}
        return Response({**terms, "left_out": left_out(Export(project, "all"))})


class ExportApi(APIView):
    """The approved values (or everything) as a file, streamed as it is read from the database.

    409 `not_anonymous` where languages and pseudonyms together could tell who an annotator is, and
    409 `terms_missing` where nobody has said under which licence and on what legal basis the texts are held.
    What is left out is counted in the header Manyhands-Left-Out.
    """

    content_negotiation_class = AnyRenderer

    @extend_schema(parameters=[ExportInput], responses={200: OpenApiTypes.BINARY})
    def get(self, request: ApiSignedIn, project_id: UUID) -> StreamingHttpResponse:
        project = project_for(request.user, project_id)
        query = ExportInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        name, which = query.validated_data["format"], query.validated_data["which"]
        export = Export(project, which, merged=query.validated_data["people"] == "merged")
        missing = check_terms(export)
        check_people(export)
        try:
            body = chunks(export, name)
        except CannotExport as error:
            raise Invalid(str(error), problems=[Problem("/format", "format", str(error))]) from None
        audit.record(
            "project.exported", project, actor=request.user.pk, format=name, which=which, left_out=missing
        )
        filename = f"{slugify(project.title) or 'project'}-{which}.{FORMATS[name].suffix}"
        return StreamingHttpResponse(
            _told(body, export, request.user.pk),
            content_type=FORMATS[name].content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{filename}"',
                "Manyhands-Left-Out": ", ".join(f"{reason}={n}" for reason, n in missing.items()),
                # Keeps the gzip middleware away: it would pack what is packed already (parquet), hold the
                # first lines back, and take more of the processor than the export does.
                "Content-Encoding": "identity",
            },
        )


def _told(body: Iterator[bytes], export: Export, actor: UUID) -> Iterator[bytes]:
    """What the gate replaced is known when the last byte has gone; it is put on record then."""
    yield from body
    if export.progress.replaced:
        audit.record(
            "project.export_cleaned", export.project, actor=actor, replaced=dict(export.progress.replaced)
        )
