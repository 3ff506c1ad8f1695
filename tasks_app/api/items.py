from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from common.errors import Invalid
from common.idempotency import idempotent, key_of
from common.pagination import ByPosition
from tasks_app import access
from tasks_app.models import ImportJob, Item
from tasks_app.services import imports
from tasks_app.services.withdrawal import withdraw_item

CHUNK = 1 << 16


class RawBody(BaseParser):
    """Leaves the body where it is: imports are streamed to storage, whatever their size."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


def item_json(item: Item) -> dict[str, Any]:
    return {
        "id": str(item.pk),
        "external_id": item.external_id,
        "group": item.group,
        "language": item.language,
        "state": item.state,
        "split": item.split,
        "gold": item.gold,
        "slots": item.slots,
        "taken": item.taken,
        "submitted": item.submitted,
        "meta": item.meta,
        "payload": item.payload,
        "created_at": item.created_at,
    }


class ItemsApi(APIView):
    @extend_schema(operation_id="items_list", responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id, Role.REVIEWER)
        rows = Item.objects.filter(project=project)
        if state := request.query_params.get("state"):
            if state not in Item.State.values:
                raise Invalid(f"/state: one of {', '.join(Item.State.values)}.")
            rows = rows.filter(state=state)
        paginator = ByPosition()
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response([item_json(item) for item in page or []])


class ItemApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, item_id: UUID) -> Response:
        return Response(item_json(access.item_for(request.user, item_id, Role.REVIEWER)))


class WithdrawInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class WithdrawApi(APIView):
    """Show an item to nobody any more. Whoever is at work on it gets the project's share of its pay."""

    @extend_schema(request=WithdrawInput, responses={200: None})
    @idempotent
    def post(self, request: ApiSignedIn, item_id: UUID) -> Response:
        item = access.item_for(request.user, item_id)
        body = WithdrawInput(data=request.data)
        body.is_valid(raise_exception=True)
        withdraw_item(item_id=item.pk, reason=body.validated_data["reason"], actor=request.user)
        item.refresh_from_db()
        return Response(item_json(item))


class ImportApi(APIView):
    """Upload items. The answer comes at once; the job's address tells how far it is."""

    parser_classes = [RawBody]

    @extend_schema(
        request={"application/x-ndjson": bytes},
        responses={202: None},
        parameters=[
            OpenApiParameter("keep_duplicates", bool, description="Keep equal texts as separate items."),
            OpenApiParameter("licence", str, description="Of all lines that do not name theirs."),
            OpenApiParameter(
                "consent", str, description="Of all lines that do not say: true, false, or the legal basis."
            ),
            OpenApiParameter("sample", bool, description="Import the template's sample items, no body."),
        ],
    )
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        if _is_set(request, "sample"):
            return _accepted(imports.import_sample(project=project, actor=request.user))
        chunks, format = _upload(request)
        keep = _is_set(request, "keep_duplicates")
        job = imports.start_import(
            project=project,
            actor=request.user,
            chunks=chunks,
            format=format,
            options={"keep_duplicates": keep, **imports.terms_option(**_terms(request))},
            key=key_of(request),
        )
        return _accepted(job)


def _terms(request: Request) -> dict[str, str]:
    return {name: str(request.query_params.get(name, "")) for name in ("licence", "consent")}


def _is_set(request: Request, name: str) -> bool:
    return str(request.query_params.get(name, "")).lower() in {"1", "true", "yes"}


def _accepted(job: ImportJob) -> Response:
    where = {"Location": f"/api/v1/import-jobs/{job.pk}"}
    return Response({"job": job_json(job)}, status=202, headers=where)


def _upload(request: Request) -> tuple[Iterator[bytes], str]:
    """The body's bytes, or those of the first file of a multipart form, never all in memory."""
    plain = request._request
    content_type = plain.headers.get("Content-Type", "")
    if content_type.startswith("multipart/form-data"):
        file = next(iter(plain.FILES.values()), None)
        if not isinstance(file, UploadedFile):
            raise Invalid(_("The form holds no file."))
        return file.chunks(CHUNK), imports.format_of(
            content_type=file.content_type or "", name=file.name or ""
        )
    return iter(lambda: plain.read(CHUNK), b""), imports.format_of(content_type=content_type)


def job_json(job: ImportJob) -> dict[str, Any]:
    return {
        "id": str(job.pk),
        "state": job.state,
        "read": job.read,
        "imported": job.imported,
        "skipped": job.skipped,
        "findings": job.findings,
        "models": job.options.get("asked"),
        "error_count": job.error_count,
        "errors": job.errors,
        "reason": job.reason,
        "progress": min(1.0, job.offset / job.size) if job.size and job.offset else None,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


class ImportJobApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, job_id: UUID) -> Response:
        return Response(job_json(access.import_job_for(request.user, job_id)))
