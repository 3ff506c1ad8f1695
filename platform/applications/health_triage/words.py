"""Codes in words, for pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from applications.health_triage.models import AbstainedCase
from applications.health_triage.promising import (
    CONDITION,
    MANY_GROUPS,
    NO_PROMISE,
    NOTHING_FITS,
    URGENCY,
    WIDE,
    Lacking,
)  # fmt: skip
from applications.health_triage.services.triage import Triaged
from training.models import ModelVersion


def answer(found: Triaged, text: str) -> dict[str, Any]:
    """What templates/health_triage/_answer.html takes."""
    verdict = found.verdict
    titles = titles_of(found.condition.version)
    return {
        "abstains": verdict.abstains,
        "reasons": [reason(code) for code in verdict.reasons],
        "groups": [
            {"title": titles.get(name, name), "share": found.shares[name]} for name in verdict.conditions
        ],
        "urgency": level_range(verdict.low, verdict.high, tuple(found.chances)),
        "urgency_share": sum(
            share for level, share in found.chances.items() if verdict.low <= level <= verdict.high
        ),
        "emergency": found.is_emergency,
        "turns": [{"speaker": "", "text": text, "parts": parts(text, found.evidence or [])}],
        "marks": found.evidence is not None,
        "sources": [one for one in (found.condition, found.urgency, found.marked) if one is not None],
        "case": found.case,
    }


def titles_of(version: ModelVersion) -> dict[str, str]:
    """The labels' titles in the reader's language, as they were when the version learned them."""
    title = "title_zh" if (get_language() or "").startswith("zh") else "title"
    field = next(one for one in version.snapshot.fields if one["name"] == version.model.field)
    labels = [one if isinstance(one, Mapping) else {"name": one} for one in field.get("labels", [])]
    return {one["name"]: one.get(title) or one.get("title") or one["name"] for one in labels}


USUAL = (1, 2, 3, 4)  # the template's; of another scale the numbers have to do


def level(number: int, levels: Sequence[int] = USUAL) -> str:
    if tuple(levels) != USUAL:
        return str(number)
    names = {
        1: _("1, can wait"), 2: _("2, within some days"), 3: _("3, today"), 4: _("4, emergency"),
    }  # fmt: skip
    return names.get(number, str(number))


def level_range(low: int, high: int, levels: Sequence[int]) -> str:
    if low == high:
        return level(low, levels)
    return _("%(low)s, up to %(high)s") % {"low": level(low, levels), "high": level(high, levels)}


def reason(code: str) -> str:
    return {
        NO_PROMISE: _("Nothing can be promised for the versions that answer now."),
        NOTHING_FITS: _("It is like no group that is known."),
        MANY_GROUPS: _("Too many groups are possible."),
        WIDE: _("It may be urgent or not."),
    }.get(code, code)


def lacking(one: Lacking) -> str:
    """Why there is no promise."""
    about = {CONDITION: _("condition group"), URGENCY: _("urgency")}[one.about]
    values = {"about": about, "name": one.name, "there": one.there, "needed": one.needed}
    if not one.name:
        return _("%(there)d items are held back in all, %(needed)d are needed.") % values
    return _("%(about)s “%(name)s”: %(there)d items are held back, %(needed)d are needed.") % values


def parts(text: str, marks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The text cut at its marks, as components/dialogue.html takes it."""
    found: list[dict[str, Any]] = []
    done = 0
    for mark in sorted(marks, key=lambda one: int(one["start"])):
        start, end = max(int(mark["start"]), done), int(mark["end"])
        if start > done:
            found.append({"text": text[done:start]})
        if end > start:
            found.append({"text": text[start:end], "label": _("evidence"), "color": 4})
            done = end
    if done < len(text):
        found.append({"text": text[done:]})
    return found


def case(row: AbstainedCase) -> dict[str, Any]:
    return {
        "row": row,
        "text": row.prediction.text,
        "reasons": [reason(code) for code in row.reasons],
        "level": level(row.highest, USUAL if row.emergency == (row.highest == USUAL[-1]) else ()),
        "urgent": row.emergency,
    }


def exported(row: AbstainedCase) -> list[str]:
    """Cells. One that begins like a formula is made text, or a spreadsheet would carry it out."""
    text = row.prediction.text
    safe = f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
    return [str(row.pk), row.created_at.isoformat(), str(row.highest), " ".join(row.reasons), safe]
