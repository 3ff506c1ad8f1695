"""What the pages list: pairs, newest first, without counting or scanning a million of them; thresholds."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from applications.customer_service.lexical import words_of
from applications.customer_service.models import Pair, Threshold
from tasks_app.models import Project

_LANGUAGES = {"en": _("English"), "zh": _("Chinese")}


@dataclass(frozen=True, slots=True)
class PairPage:
    """before: from where on the next, older page begins; "" where there is none."""

    rows: list[Pair]
    before: str


def page_of_pairs(project: Project, *, query: str, before: str, most: int) -> PairPage:
    """Those that hold every word of the query, in the question or the answer."""
    rows = Pair.objects.filter(project=project).defer("vector").order_by("-pk")
    if query:
        words = words_of(query)
        rows = rows.filter(words__contains=words) if words else rows.none()
    if (last := _uuid(before)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: most + 1])
    return PairPage(found[:most], str(found[most - 1].pk) if len(found) > most else "")


def thresholds_of(project: Project) -> list[dict[str, Any]]:
    """In words of the chat page; those of another encoder say nothing any more."""
    rows = Threshold.objects.filter(project=project, encoder=settings.BASE_MODEL).order_by("language")
    return [
        {
            "language": _LANGUAGES.get(row.language, row.language),
            "least": f"{row.similarity or 0:.2f}",
            "row": row,
        }
        for row in rows
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
