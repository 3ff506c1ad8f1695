import csv
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError, NotFound
from common.spreadsheet import neutral
from training import access, tables
from training.curve_page import CurvePage
from training.engine.evaluation.slices import KINDS
from training.evaluation_page import EvaluationPage
from training.mistakes import Wanted, mistakes_of
from training.models import LearningCurve, Run
from training.registration import metric_of
from training.row_ids import item_ids
from training.services.curves import start_curve
from training.services.mistakes import send_mistakes_back


@login_required
@require_GET
def errors(request: SignedIn, run_id: UUID) -> HttpResponse:
    """The worst errors: a page of its own, and what the run's page fetches."""
    run = access.run_for(request.user, run_id)
    wanted = Wanted(**{kind: request.GET.get(kind, "")[:200] for kind in KINDS})
    found, count = mistakes_of(run, wanted)
    context = {
        "run": run, "mistakes": found, "count": count, "wanted": wanted, "choices": _choices(run, wanted),
        "current": "training",
    }  # fmt: skip
    fetched = request.headers.get("HX-Request") == "true"
    return render(request, "training/_mistakes.html" if fetched else "training/errors.html", context)


def _choices(run: Run, wanted: Wanted) -> list[dict[str, Any]]:
    """The filters that can be set: what there are slices of."""
    titles = {
        "label": _("Label"), "speaker": _("Speaker"), "length": _("Characters"), "language": _("Language"),
    }  # fmt: skip
    parts = (run.report or {}).get("slices") or []
    found = []
    for kind, title in titles.items():
        values = [part["name"] for part in parts if part["kind"] == kind]
        if values:
            found.append({"name": kind, "title": title, "values": values, "chosen": getattr(wanted, kind)})
    return found


@login_required
@require_POST
def send_back(request: SignedIn, run_id: UUID) -> HttpResponse:
    run = access.run_for(request.user, run_id)
    chosen = item_ids(request.POST.getlist("items"))
    try:
        done = send_mistakes_back(
            run=run, item_ids=chosen, actor=request.user, ask_again=bool(request.POST.get("ask_again"))
        )
    except DomainError as refused:
        messages.error(
            request, " ".join([refused.message, *(problem.detail for problem in refused.problems)])
        )
    else:
        text = ngettext(
            "%d item waits for a reviewer. Its new truth counts from the next snapshot.",
            "%d items wait for a reviewer. Their new truth counts from the next snapshot.",
            done.sent,
        )
        messages.success(request, text % done.sent)
    return redirect("run-errors", run_id)


@login_required
@require_http_methods(["GET", "POST"])
def curve(request: SignedIn, run_id: UUID) -> HttpResponse:
    """The learning curve's part of the run's page; a POST asks for one."""
    run = access.run_for(request.user, run_id)
    if request.method == "POST":
        start_curve(run=run, mode=request.POST.get("mode", LearningCurve.Mode.QUICK), actor=request.user)
        messages.success(request, _("The learning curve is drawn as soon as a trainer is free."))
        return redirect("run", run_id)
    return render(request, "training/_curve.html", {"curves": CurvePage(run), "run": run})


@login_required
@require_GET
def table_csv(request: SignedIn, run_id: UUID, part: str) -> HttpResponse:
    """The tables of a run's page: report, words, confusion, calibration, slices, curve."""
    run = access.run_for(request.user, run_id)
    page, curves = EvaluationPage(run, metric_of(run)), CurvePage(run)
    known: dict[str, tuple[list[dict[str, Any]], list[tables.Row]]] = {
        "report": (page.word_columns, tables.report_rows(page.judged, None, None) if page.judged else []),
        "words": (page.word_columns, page.word_rows),
        "confusion": (tables.confusion_columns(page.judged), tables.confusion_rows(page.judged)),
        "calibration": (page.calibration_columns, page.calibration_rows),
        "slices": (page.slice_columns, page.slice_rows),
        "curve": (curves.columns, curves.rows),
    }
    if part not in known:
        raise NotFound(_("There is no such table."))
    columns, rows = known[part]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{run.number}-{part}.csv"'
    writer = csv.writer(response)
    writer.writerow([column["title"] for column in columns])
    writer.writerows([neutral(row[0]["text"]), *(cell["text"] for cell in row[1:])] for row in rows)
    return response
