import csv
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from applications import selectors as shared
from applications.access import project_with
from applications.education_grading import calibrating, selectors, showing
from applications.education_grading.forms import DecideForm, HandInForm, QuestionForm, ReleaseForm
from applications.education_grading.grading import TEMPLATE, top_of, versions
from applications.education_grading.models import Question, Submission
from applications.education_grading.releasing import fewest
from applications.education_grading.services import objections
from applications.education_grading.services.decisions import decide
from applications.education_grading.services.questions import create_question
from applications.education_grading.services.release import set_release
from applications.education_grading.services.submissions import Handed, hand_in
from applications.education_grading.services.teaching import Taught, teach
from common.errors import DomainError
from common.ids import uuid7
from tasks_app.models import Project
from tasks_app.requester_views import project_page
from training.views.at_work import at_work


def _page(request: SignedIn, project: Project, here: str, **context: Any) -> dict[str, Any]:
    waiting = selectors.queue(project).count()
    ready = versions(project) is not None
    return project_page(
        request, project, "application", here=here, waiting_count=waiting, ready=ready, **context
    )


@login_required
@require_GET
def queue(request: SignedIn, project_id: UUID) -> HttpResponse:
    """The answer that needs a teacher most, to be dealt with by keys."""
    project, kind = project_with(request.user, project_id, TEMPLATE)
    skipped = _number(request.GET.get("skip", ""))
    rows = list(selectors.queue(project)[skipped : skipped + 1])
    row = rows[0] if rows else None
    context = _page(
        request, project, "queue", row=row, shown=showing.shown(row) if row else None, skip=skipped + 1,
        skipped=skipped, about=shared.about(project, kind),
        questions=selectors.questions_of(project).exists(),
    )  # fmt: skip
    return render(request, "education_grading/queue.html", context)


def _number(text: str) -> int:
    return min(int(text), 100_000) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@login_required
@require_POST
def decide_answer(request: SignedIn, project_id: UUID, submission_id: UUID) -> HttpResponse:
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    row = selectors.submission_in(project, submission_id)
    form = DecideForm(request.POST, points=len(row.question.points))
    if not form.is_valid():
        messages.error(request, _("This cannot be read."))
        return redirect("education-grading", project.pk)
    try:
        decide(submission=row, actor=request.user, **_said(form, row))
        messages.success(request, _("Released. The learner can see it by the link."))
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("education-grading", project.pk)


def _said(form: DecideForm, row: Submission) -> dict[str, Any]:
    found = form.cleaned_data
    if found["what"] == "accept":
        return {"round": found["round"]}
    # Words that the teacher left as they were follow the new score.
    words = found["feedback"].replace("\r\n", "\n")
    return {
        "round": found["round"], "score": found["score"], "missing": found["missing"],
        "feedback": None if words == row.feedback else words,
    }  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def questions(request: SignedIn, project_id: UUID) -> HttpResponse:
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_question(project=project, actor=request.user, **form.cleaned_data)
            return redirect("grading-question", project.pk, made.pk)
        except DomainError as refused:
            form.add_error(None, refused.message)
    context = _page(request, project, "questions", form=form, rows=selectors.questions_of(project))
    return render(request, "education_grading/questions.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def hand_in_page(request: SignedIn, project_id: UUID, question_id: UUID) -> HttpResponse:
    """One question: try it with an answer, and the links for learners."""
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    question = selectors.question_in(project, question_id)
    form = HandInForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _handed_in(request, question, form):
        return redirect("grading-question", project.pk, question.pk)
    rows = selectors.submissions_of(project).filter(question=question).order_by("-pk")[:50]
    context = _page(
        request, project, "questions", form=form, question=question,
        answers=[_listed(project, row) for row in rows],
    )  # fmt: skip
    return render(request, "education_grading/question.html", context, status=422 if form.errors else 200)


def _handed_in(request: SignedIn, question: Question, form: HandInForm) -> bool:
    one = Handed(key=str(uuid7()), learner=form.cleaned_data["learner"], text=form.cleaned_data["text"])
    try:
        hand_in(question=question, answers=[one], actor=request.user)
    except DomainError as refused:
        form.add_error(None, refused.message)
        return False
    return True


def _listed(project: Project, row: Submission) -> dict[str, Any]:
    token = objections.sign_link(row)
    return {
        "row": row, "marks": showing.marks(row.score, row.question, top_of(project)),
        "link": reverse("grading-learner", args=[project.pk, token]),
    }  # fmt: skip


@login_required
@require_GET
def overview(request: SignedIn, project_id: UUID) -> HttpResponse:
    project, kind = project_with(request.user, project_id, TEMPLATE)
    top = top_of(project)
    context = _page(
        request, project, "class", rows=selectors.overview(project, top), steps=range(top + 1),
        teachable=selectors.teachable(project).count(), top=top, about=shared.about(project, kind),
    )  # fmt: skip
    return render(request, "education_grading/class.html", context)


@login_required
@require_GET
def export(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Every released answer as CSV; learners by their digests."""
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="grades.csv"'
    table = csv.writer(response)
    table.writerow(["question", "learner", "score", "marks", "max_score", "by_teacher", "missing", "answer"])
    top = top_of(project)
    rows = selectors.submissions_of(project).filter(state=Submission.State.RELEASED).order_by("pk")
    for row in rows.iterator(chunk_size=500):
        missing = " | ".join(row.question.point_texts[number] for number in row.missing)
        cells = [
            row.question.title, row.learner[:16], row.score, showing.marks(row.score, row.question, top),
            row.question.max_score, row.decided_by_id is not None, missing, row.text,
        ]  # fmt: skip
        table.writerow([_harmless(str(cell)) for cell in cells])
    return response


def _harmless(cell: str) -> str:
    """A spreadsheet would run what begins like a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell


@login_required
@require_POST
def teach_models(request: SignedIn, project_id: UUID) -> HttpResponse:
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    try:
        taught = teach(project=project, actor=request.user)
        messages.success(request, _taught(taught))
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("grading-class", project.pk)


def _taught(taught: Taught) -> str:
    said = []
    if taught.job is not None:
        said.append(_("Being imported as approved answers. The next version learns from them."))
    if taught.corrected:
        said.append(_("Put right, as teachers have decided anew: %d.") % taught.corrected)
    return " ".join(said)


@login_required
@require_http_methods(["GET", "POST"])
def release(request: SignedIn, project_id: UUID) -> HttpResponse:
    """What may go out without a teacher."""
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    work, label = calibrating.at_work(project), _("The models are being asked about the answers held back.")
    if request.headers.get("HX-Request"):
        return at_work(request, work, label)
    rule = calibrating.rule_of(project)
    now = {"is_on": rule.is_on, "far": rule.far, "kappa": rule.kappa}
    form = ReleaseForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        try:
            set_release(project=project, actor=request.user, **form.cleaned_data)
            return redirect("grading-release", project.pk)
        except DomainError as refused:
            form.add_error(None, refused.message)
    made = calibrating.calibration_of(project)
    context = _page(
        request, project, "release", form=form, held=len(made.known) if made else 0,
        needed=fewest(rule.far), rule=rule, made=made, work=work, label=label,
        limit=calibrating.threshold_of(project, rule),
    )  # fmt: skip
    return render(request, "education_grading/release.html", context, status=422 if form.errors else 200)
