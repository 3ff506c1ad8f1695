"""Personal data in a project's texts: what was found, how much is missed, and reading it all again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from accounts.models import Role
from common.idempotency import idempotent
from privacy.models import CanaryEstimate, CheckedText, Rescan
from privacy.pii.finding import KINDS
from privacy.pii.intervals import Interval, Rate
from tasks_app import access
from tasks_app.protecting import estimating, preview, rescanning, trusted


def _interval(one: Interval) -> dict[str, float]:
    return {"low": round(one.low, 6), "high": round(one.high, 6)}


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {
        "missed_per_thousand": round(rate.per_thousand, 4),
        "interval": _interval(rate.interval),
        "texts_with_missed": round(rate.share, 6),
        "texts_interval": _interval(rate.share_interval),
    }


def _kind(one: preview.KindFound) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "count": one.count,
        "score": round(one.score, 4),
        "least_score": round(one.least, 4),
        "detectors": [
            {"name": name, "count": count, "score": round(score, 4)} for name, count, score in one.detectors
        ],
        "samples": [
            {
                "item": str(sample.item),
                "parts": [
                    {"text": part.text, **({"kind": part.label} if part.label else {})}
                    for part in sample.parts
                ],
            }
            for sample in one.samples
        ],
    }


def job_json(job: CanaryEstimate | Rescan | None) -> dict[str, Any] | None:
    if job is None:
        return None
    body: dict[str, Any] = {
        "id": str(job.pk),
        "state": job.state,
        "progress": job.done / job.total if job.total else None,
        "reason": job.reason,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }
    if isinstance(job, Rescan):
        more = {"read": job.done, "changed": job.changed, "findings": job.findings}
        return {**body, **more, "learned_only": job.learned_only}
    shares = estimating.found_shares(job.tally)
    kinds = [
        {"kind": one.kind, "found": one.found, "planted": one.planted, "interval": _interval(one.interval)}
        for one in shares
    ]
    return {**body, "kinds": kinds}


def _sample_json(sample: estimating.Sample | None) -> dict[str, Any] | None:
    if sample is None:
        return None
    return {
        "id": str(sample.check.pk),
        "texts": sample.check.size,
        "read": sample.read,
        "missed": sample.missed,
        "texts_with_missed": sample.with_missed,
        "strata": sample.check.strata,
        "rate": _rate(sample.rate),
    }


class PreviewApi(APIView):
    """What was found, by kind, with samples; what was missed, as estimated; what publishing asks for."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id, Role.REVIEWER)
        problems = estimating.missing_checks(project)
        rescan = Rescan.objects.filter(project=project.pk).order_by("-created_at").first()
        return Response(
            {
                "policy": project.privacy_policy,
                "required_texts": project.privacy_check,
                "found": [_kind(one) for one in preview.found_by_kind(project.pk)],
                "estimate": job_json(estimating.latest_estimate(project.pk)),
                "sample": _sample_json(estimating.latest_sample(project.pk)),
                "scan": job_json(rescan),
                "missing": [
                    {"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in problems
                ],
            }
        )


class EstimateApi(APIView):
    """Plant values of every kind into copies of the project's texts, in memory, and count those found."""

    @extend_schema(request=None, responses={202: None, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        return Response(job_json(estimating.start_estimate(project=project, actor=request.user)), status=202)


class RescanInput(serializers.Serializer[Any]):
    learned_only = serializers.BooleanField(default=False)


class RescanApi(APIView):
    """Read what was imported again, with today's detectors and policy."""

    @extend_schema(request=RescanInput, responses={202: None, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = RescanInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        job = rescanning.start_rescan(project=project, actor=request.user, **body.validated_data)
        return Response(job_json(job), status=202)


class SampleInput(serializers.Serializer[Any]):
    size = serializers.IntegerField(min_value=1, max_value=estimating.MOST, default=50)


class SampleApi(APIView):
    """A sample for people to read. GET: how far it is, and the next text."""

    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id, Role.REVIEWER)
        sample = estimating.latest_sample(project.pk)
        row = estimating.next_text(sample)
        item = row and estimating.item_of(row)
        text = (
            {"id": row.pk, "item": str(row.item), "turns": preview.read_texts(item)} if row and item else None
        )
        return Response({"sample": _sample_json(sample), "next": text})

    @extend_schema(request=SampleInput, responses={201: None, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id, Role.REVIEWER)
        body = SampleInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        estimating.draw_sample(project=project, actor=request.user, **body.validated_data)
        return Response(_sample_json(estimating.latest_sample(project.pk)), status=201)


class TextInput(serializers.Serializer[Any]):
    """`words` should have been replaced. Empty: nothing, or nothing more, was missed in the text."""

    words = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=sorted(KINDS), required=False, allow_blank=True, default="")


def _text_json(row: CheckedText) -> dict[str, Any]:
    return {"id": row.pk, "item": str(row.item), "marked": row.marked, "read": row.missed is not None}


class TextApi(APIView):
    """With `words` and `kind`: this was missed, and is put right everywhere. Without: the text is read."""

    @extend_schema(request=TextInput, responses={200: None, 409: None, 422: None})
    @idempotent
    def post(self, request: ApiSignedIn, text_id: int) -> Response:
        row = access.checked_text_for(request.user, text_id)
        body = TextInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        if body.validated_data["words"].strip():
            marked = estimating.mark_missed(text_id=row.pk, actor=request.user, **body.validated_data)
            return Response(_text_json(marked))
        return Response(_text_json(estimating.finish_text(text_id=row.pk, actor=request.user)))


class TrustedApi(APIView):
    """Let trusted reviewers read a sample: a project of the template "find-personal-data", by invitation."""

    @extend_schema(request=SampleInput, responses={201: None, 409: None})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project = access.project_for(request.user, project_id)
        body = SampleInput(data=request.data or {})
        body.is_valid(raise_exception=True)
        reader = trusted.ask_trusted(project=project, actor=request.user, **body.validated_data)
        return Response({"project": str(reader.pk)}, status=201)
