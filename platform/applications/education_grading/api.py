from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from applications import measuring
from applications.access import project_with
from applications.education_grading import calibrating, selectors
from applications.education_grading.grading import TEMPLATE, top_of
from applications.education_grading.models import Question, ReleaseRule, Submission
from applications.education_grading.services import objections
from applications.education_grading.services.decisions import decide
from applications.education_grading.services.questions import HEAVIEST, MOST_POINTS, create_question
from applications.education_grading.services.release import set_release
from applications.education_grading.services.submissions import LONGEST, MOST, Handed, hand_in
from applications.education_grading.services.teaching import teach
from applications.models import Measured
from common.idempotency import idempotent

_QUEUE_PAGE = 100


class PointInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=2_000)
    weight = serializers.IntegerField(min_value=1, max_value=HEAVIEST, default=1)


class QuestionInput(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=5_000)
    reference = serializers.CharField(max_length=10_000)
    points = serializers.ListField(child=PointInput(), max_length=MOST_POINTS, required=False, default=list)
    max_score = serializers.IntegerField(min_value=1, max_value=1_000, default=4)
    language = serializers.CharField(max_length=10, default="en")


class QuestionsApi(APIView):
    """Questions of a project. Points are stretches of the reference; left out, its sentences."""

    @extend_schema(operation_id="grading_questions_list", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        return Response({"results": [_question(one) for one in selectors.questions_of(project)]})

    @extend_schema(request=QuestionInput, responses={201: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = QuestionInput(data=request.data)
        body.is_valid(raise_exception=True)
        question = create_question(project=project, actor=request.user, **body.validated_data)
        return Response(_question(question), status=201)


class AnswerInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=200, help_text="your own id of it; sent again, nothing is added")
    learner = serializers.CharField(max_length=200, help_text="kept as a digest only")
    text = serializers.CharField(max_length=LONGEST, allow_blank=True, trim_whitespace=False)


class SubmissionsInput(serializers.Serializer[Any]):
    question = serializers.UUIDField()
    answers = serializers.ListField(child=AnswerInput(), min_length=1, max_length=MOST)


class SubmissionsApi(APIView):
    """Hand in up to 100 answers to one question. Nothing is released unless the project's rule allows it."""

    @extend_schema(request=SubmissionsInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = SubmissionsInput(data=request.data)
        body.is_valid(raise_exception=True)
        question = selectors.question_in(project, body.validated_data["question"])
        answers = [Handed(**one) for one in body.validated_data["answers"]]
        rows = hand_in(question=question, answers=answers, actor=request.user)
        return Response({"results": [_submission(row) for row in rows]})


class SubmissionApi(APIView):
    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID, submission_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        row = selectors.submission_in(project, submission_id)
        edits = row.edits.order_by("pk").values("text", "editor", "created_at")
        return Response({**_submission(row), "edits": list(edits)})


class QueueApi(APIView):
    """The first hundred answers that wait for a teacher: objections, then the most doubtful."""

    @extend_schema(operation_id="grading_queue_list", responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        waiting = selectors.queue(project)
        return Response(
            {"count": waiting.count(), "results": [_submission(row) for row in waiting[:_QUEUE_PAGE]]}
        )


class DecideInput(serializers.Serializer[Any]):
    round = serializers.IntegerField(min_value=0, help_text="of the answer as you saw it")
    score = serializers.IntegerField(required=False, allow_null=True)
    missing = serializers.ListField(child=serializers.IntegerField(), required=False, allow_null=True)
    feedback = serializers.CharField(max_length=5_000, required=False, allow_null=True, allow_blank=True)


class DecideApi(APIView):
    """Release an answer. What is left out stays as proposed. 409 where another teacher was quicker."""

    @extend_schema(request=DecideInput, responses={200: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID, submission_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = DecideInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = selectors.submission_in(project, submission_id)
        return Response(_submission(decide(submission=row, actor=request.user, **body.validated_data)))


class FiguresApi(APIView):
    """How well the models grade, and how the class does."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        measured = Measured.objects.filter(project=project).first()
        return Response({
            "figures": [asdict(one) for one in measuring.figures_of(measured)] if measured else [],
            "questions": [
                {
                    "question": str(one.question.pk), "title": one.question.title, "answers": one.handed,
                    "released": one.released, "decided": one.decided,
                    "scores": one.scores,
                    "missed": [{"point": text, "count": count} for text, count in one.missed],
                }
                for one in selectors.overview(project, top_of(project))
            ],
        })  # fmt: skip


class ReleaseInput(serializers.Serializer[Any]):
    is_on = serializers.BooleanField()
    far = serializers.FloatField(required=False, help_text="share that may be off by two or more, as 0.05")
    kappa = serializers.FloatField(required=False, help_text="least quadratic weighted kappa; 0 for any")


class ReleaseApi(APIView):
    """What may go to learners without a teacher. Off until it is switched on."""

    @extend_schema(responses={200: OpenApiResponse()})
    def get(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        return Response(_release(calibrating.rule_of(project)))

    @extend_schema(request=ReleaseInput, responses={200: OpenApiResponse(), 202: OpenApiResponse()})
    def put(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        body = ReleaseInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = _release(set_release(project=project, actor=request.user, **body.validated_data))
        return Response(said, status=202 if body.validated_data["is_on"] and said["measuring"] else 200)


class TeachApi(APIView):
    """What teachers decided becomes approved items that the next version learns from."""

    @extend_schema(request=None, responses={202: OpenApiResponse()})
    @idempotent
    def post(self, request: ApiSignedIn, project_id: UUID) -> Response:
        project, _kind = project_with(request.user, project_id, TEMPLATE)
        taught = teach(project=project, actor=request.user)
        job = str(taught.job.pk) if taught.job else None
        return Response({"import": job, "corrected": taught.corrected}, status=202)


def _question(one: Question) -> dict[str, Any]:
    return {
        "id": str(one.pk), "title": one.title, "text": one.text, "reference": one.reference,
        "points": one.points, "max_score": one.max_score, "language": one.language,
        "answers": getattr(one, "handed", 0), "waiting": getattr(one, "waiting", 0),
    }  # fmt: skip


def _submission(row: Submission) -> dict[str, Any]:
    sources = [one for one in (row.score_prediction, row.missing_prediction) if one is not None]
    return {
        "id": str(row.pk), "question": str(row.question_id), "text": row.text, "state": row.state,
        "round": row.round, "proposed": row.proposed, "score": row.score, "shares": row.shares,
        "confidence": row.confidence, "doubt": row.doubt, "guards": row.guards, "missing": row.missing,
        "feedback": row.feedback, "objection": row.objection, "disputed": row.disputed_at is not None,
        "decided_at": row.decided_at,
        "link": reverse("grading-learner", args=[row.question.project_id, objections.sign_link(row)]),
        "predictions": [{"prediction": str(one.pk), "version": str(one.version_id)} for one in sources],
    }  # fmt: skip


def _release(rule: ReleaseRule) -> dict[str, Any]:
    limit = calibrating.threshold_of(rule.project, rule)
    row, work = calibrating.calibration_of(rule.project), calibrating.at_work(rule.project)
    return {
        "is_on": rule.is_on, "far": rule.far, "kappa": rule.kappa, "doubt_at_most": limit,
        "held_back": len(row.known) if row else 0, "kept": limit is not None,
        "measuring": {"state": work.state, "progress": work.progress / 100} if work else None,
        "refused": row.reason if row else "",
    }  # fmt: skip
