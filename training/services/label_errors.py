"""Answers that the other items' models contradict, before a reviewer, with what they suspect."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from annotations.services.sending_back import SentBack, Suspected, send_back
from common.errors import Invalid, Problem
from tasks_app.models import Project
from training.models import AnalysisFinding

MOST_AT_ONCE = 500
PART = "label_errors"


def send_suspects(
    *, project: Project, findings: Sequence[AnalysisFinding], actor: User, ask_again: bool = False
) -> SentBack:
    """Send the findings' items to a reviewer (and first to one more annotator), who sees what is suspected.

    Raises Invalid for none, too many, or findings that suspect no label.
    """
    if not 1 <= len(findings) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d findings.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/findings", "length", detail)])
    if any(one.result.part != PART for one in findings):
        detail = _("Some of these findings are about no label.")
        raise Invalid(detail, problems=[Problem("/findings", "part", detail)])
    whole = SentBack(0, 0, 0)
    for field in sorted({one.kind for one in findings}):
        mine = [one for one in findings if one.kind == field]
        suspected: Suspected = {}
        for one in mine:
            suspected.setdefault(one.item_id, []).append({"turn": one.turn, **one.evidence})
        sent = send_back(
            project=project, field=field, item_ids=[one.item_id for one in mine], actor=actor,
            ask_again=ask_again, suspected=suspected,
        )  # fmt: skip
        whole = SentBack(whole.sent + sent.sent, whole.asked + sent.asked, whole.skipped + sent.skipped)
    return whole
