"""How values look on a page: money, times, shares, states, Markdown. Words in the reader's language."""

from typing import Any

import nh3
from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

from common.currencies import show_money

register = template.Library()
_markdown = MarkdownIt("commonmark").enable("table")

STATES = {
    "draft": (_("draft"), ""),
    "published": (_("published"), "live"),
    "paused": (_("paused"), "warn"),
    "finished": (_("finished"), ""),
    "waiting": (_("waiting"), ""),
    "open": (_("open"), "live"),
    "closed": (_("settled"), "good"),
    "withdrawn": (_("withdrawn"), "bad"),
    "leased": (_("in work"), "live"),
    "submitted": (_("submitted"), ""),
    "returned": (_("returned"), ""),
    "expired": (_("expired"), "warn"),
    "late": (_("late"), "warn"),
    "pending": (_("pending"), ""),
    "approved": (_("approved"), "good"),
    "corrected": (_("corrected"), "good"),
    "rejected": (_("rejected"), "bad"),
    "review": (_("in review"), "warn"),
    "queued": (_("queued"), ""),
    "running": (_("running"), "live"),
    "succeeded": (_("succeeded"), "good"),
    "failed": (_("failed"), "bad"),
    "cancelled": (_("cancelled"), "warn"),
    "upheld": (_("appeal upheld"), "good"),
    "dismissed": (_("appeal dismissed"), "bad"),
    "doubt": (_("doubt"), "warn"),
    "sample": (_("sample check"), ""),
    "appeal": (_("appeal"), "warn"),
    "model": (_("a model disagrees"), "warn"),
    "fund": (_("funding"), ""),
    "pay": (_("payment for an answer"), ""),
    "payout": (_("payout"), ""),
    "bonus": (_("bonus"), ""),
    "reversal": (_("reversal"), ""),
    "withdraw": (_("refund"), ""),
    "reserve": (_("set aside for answers"), ""),
    "release": (_("no longer set aside"), ""),
    "waive": (_("given up"), ""),
    "settle": (_("payout arrived"), "good"),
    "requested": (_("requested"), ""),
    "batched": (_("being prepared"), ""),
    "sent": (_("on its way"), "live"),
    "sending": (_("being sent"), "live"),
    "unknown": (_("being clarified"), "warn"),
    "paid": (_("paid out"), "good"),
    "done": (_("done"), "good"),
    "discarded": (_("discarded"), ""),
    "given": (_("bonus"), ""),
    "top_up": (_("fair-rate top-up"), ""),
}

WORDS = {
    "exam": _("exam"),
    "training": _("training"),
    "granted": _("given by hand"),
    "skill": _("earned by work"),
    "approve": _("approved"),
    "correct": _("corrected"),
    "reject": _("rejected"),
    "personal_data": _("personal data is left"),
    "unclear": _("the task is unclear"),
    "broken": _("the text is broken"),
    "choice": _("choice"),
    "span": _("span"),
    "text": _("text"),
    "turn": _("each turn"),
    "dialogue": _("the whole dialogue"),
    "pair": _("both texts"),
    "fast": _("too fast"),
    "constant": _("always the same"),
    "pattern": _("in a rhythm"),
    "pasted": _("copied texts"),
    "collusion": _("shared answers"),
    "message": _("message"),
    "retrain": _("retraining"),
    "ban": _("ban"),
    "in_force": _("in force"),
    "appealed": _("appealed"),
    "confirmed": _("confirmed"),
    "lifted": _("lifted"),
    "train": _("for training"),
    "test": _("for testing"),
}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """1234, "USD" -> $12.34 as the reader's language writes it; the currency decides on the decimals."""
    return "–" if minor is None else show_money(round(minor), currency)


@register.filter
def grouped(value: Any) -> Any:
    """1234567 -> 1,234,567, as the reader's language groups digits; anything else stays what it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return number_format(value, force_grouping=True)
    return value


@register.filter
def percent(share: float | None, places: int = 0) -> str:
    return "–" if share is None else f"{number_format(100 * share, decimal_pos=places)} %"


@register.filter
def duration(seconds: float | None) -> str:
    """95 -> 1 min 35 s."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return ngettext("%(n)d s", "%(n)d s", whole) % {"n": whole}
    if whole < 3600:
        return str(_("%(minutes)d min %(seconds)d s")) % {"minutes": whole // 60, "seconds": whole % 60}
    return str(_("%(hours)d h %(minutes)d min")) % {"hours": whole // 3600, "minutes": whole % 3600 // 60}


BADGES = {
    "first": _("the first answer"),
    "hundred": _("a hundred answers"),
    "thousand": _("a thousand answers"),
    "ten_thousand": _("ten thousand answers"),
    "three_days": _("three days of work in a row"),
    "ten_days": _("ten days of work in a row"),
    "fifty_days": _("fifty days of work in a row"),
    "three_projects": _("three projects"),
    "ten_projects": _("ten projects"),
}


@register.filter
def badge(name: str) -> str:
    """What a badge is called in the reader's language."""
    return str(BADGES.get(str(name), name))


@register.filter
def state(name: str) -> str:
    """A state's word in the reader's language; the name itself where there is none."""
    return str(STATES.get(str(name), (name, ""))[0])


@register.filter
def word(name: str) -> str:
    """What a decision, a flag, a kind of field, a scope or a split is called in the reader's language."""
    return str(WORDS.get(str(name), name))


@register.filter
def state_tone(name: str) -> str:
    return STATES.get(str(name), ("", ""))[1]


@register.filter
def markdown(text: str) -> SafeString:
    """Instructions as safe HTML: what people wrote cannot carry scripts, styles or foreign pictures."""
    allowed = {
        "p",
        "br",
        "em",
        "strong",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "hr",
        "table",
    } | {
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "h1",
        "h2",
        "h3",
        "h4",
    }
    return mark_safe(nh3.clean(_markdown.render(text), tags=allowed, attributes={"a": {"href"}}))  # noqa: S308


@register.filter
def label_title(named: Any) -> str:
    """The title of a field or label in the reader's language; its name where nobody wrote a title."""
    chinese = (get_language() or "").startswith("zh")
    return str((named.title_zh if chinese else "") or named.title or named.name)
