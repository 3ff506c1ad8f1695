from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from annotations.exporting.errors import CannotExport
from annotations.exporting.formats import FORMATS, chunks
from annotations.exporting.rows import WHICH, Export
from common import audit
from common.errors import Invalid, Problem
from tasks_app.access import project_for


class ExportInput(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=list(FORMATS), default="jsonl")
    which = serializers.ChoiceField(choices=WHICH, default="approved")


class AnyRenderer(DefaultContentNegotiation):
    """DRF takes ?format= for the name of one of its renderers; here it names a file format."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format_suffix: str) -> list[BaseRenderer]:
        return list(renderers)


class ExportApi(APIView):
    """The approved values (or everything) as a file, streamed as it is read from the database."""

    content_negotiation_class = AnyRenderer

    @extend_schema(parameters=[ExportInput], responses={200: OpenApiTypes.BINARY})
    def get(self, request: ApiSignedIn, project_id: UUID) -> StreamingHttpResponse:
        project = project_for(request.user, project_id)
        query = ExportInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        name, which = query.validated_data["format"], query.validated_data["which"]
        try:
            body = chunks(Export(project, which), name)
        except CannotExport as error:
            raise Invalid(str(error), problems=[Problem("/format", "format", str(error))]) from None
        audit.record("project.exported", project, actor=request.user.pk, format=name, which=which)
        filename = f"{slugify(project.title) or 'project'}-{which}.{FORMATS[name].suffix}"
        return StreamingHttpResponse(
            body,
            content_type=FORMATS[name].content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{filename}"',
                # Keeps the gzip middleware away: it would pack what is packed already (parquet), hold the
                # first lines back, and take more of the processor than the export does.
                "Content-Encoding": "identity",
            },
        )
