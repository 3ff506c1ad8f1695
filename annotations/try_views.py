"""Trying out on the real workbench, and at its end the answers as they would be exported."""

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from annotations.exporting.jsonl import line_of
from annotations.exporting.rows import AnswerRow, Row
from common.currencies import minor_places
from common.templatetags.show import markdown
from tasks_app.gallery import catalogue as gallery
from tasks_app.models import TryOut
from tasks_app.pseudonyms import pseudonym
from tasks_app.services import tries
from tasks_app.services.tries import Entry, try_for


@login_required
@require_GET
@ensure_csrf_cookie
def try_page(request: SignedIn, try_id: UUID) -> HttpResponse:
    """The workbench while something is left to answer, then what came of it."""
    row = try_for(request.user, try_id)
    found = tries.entries(row)
    if any(entry.answer is None for entry in found):
        context = {"row": row, "config": _bench_config(row, found)}
        return render(request, "tasks_app/try_bench.html", context)
    answered = [entry for entry in found if entry.answer]
    seconds = sum(entry.answer["seconds"] for entry in answered if entry.answer)
    context = {"row": row, "entries": answered, "seconds": seconds, "score": _score(answered)}
    context["lines"] = "\n".join(export_line(row, entry) for entry in answered if row.project_id)
    return render(request, "annotations/try_result.html", context)


def export_line(row: TryOut, entry: Entry) -> str:
    """One line of an export of all answers in JSON Lines, had this answer been given for real."""
    answer = entry.answer or {"value": {}, "seconds": 0}
    who = pseudonym(row.project_id, row.person_id) if row.project_id else ""
    given = AnswerRow(who, answer["value"], answer["seconds"], "pending")
    line = line_of(Row(entry.name, "", "", "", entry.payload, {}, {}, {}, (given,)))
    return json.dumps(line, ensure_ascii=False)


def _score(entries: list[Entry]) -> float | None:
    scores = [entry.answer["score"] for entry in entries if entry.answer and "score" in entry.answer]
    return sum(scores) / len(scores) if scores else None


def _bench_config(row: TryOut, entries: list[Entry]) -> dict[str, Any]:
    here = reverse("try", args=[row.pk])
    language = get_language() or "en"
    if row.project is not None:
        title, instructions = row.project.title, row.project.instructions
        money: dict[str, Any] = {"amount_minor": row.project.reward_minor, "currency": row.project.currency}
    else:
        template = gallery.template(row.template)
        title, instructions = _("Practice: %(title)s") % {"title": template.title_in(language)}, ""
        instructions, money = template.instructions_in(language), {"amount_minor": 0, "currency": "USD"}
    done = sum(entry.answer is not None for entry in entries)
    return {
        "project": {
            "id": str(row.pk),
            "title": title,
            "instructions_html": str(markdown(instructions)),
            "reward": money,
            "places": minor_places(money["currency"]),
            "hourly_minor": None,
            "language": "en",
            "progress": {"done": done, "total": len(entries)},
        },
        "urls": {
            "api": f"/api/v1/tries/{row.pk}",
            "catalogue": here,
            "signIn": reverse("account_login"),
            "result": here,
        },
        "today": {"count": done, "earned": {"amount_minor": 0, "currency": money["currency"]}},
    }
