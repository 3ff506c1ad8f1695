"""What the pages show: the floor's curve, the queue's entries, the statement of reasons."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from applications.social_content import calibrating
from applications.social_content.floor import GRID, Share, measure
from applications.social_content.models import Floor, Post
from applications.social_content.presenting import HIDDEN, SHOWN, WAITING, state_of
from applications.social_content.services import moderation
from tasks_app.models import Project
from training.figures import plain


def label_names(project: Project) -> dict[str, str]:
    """The safety labels by name, in the reader's language."""
    chinese = (get_language() or "").startswith("zh")
    return {
        one["name"]: (one["title_zh"] if chinese else "") or one["title"]
        for one in moderation.labels_of(project)
    }


def floor_curve(floor: Floor) -> dict[str, Any]:
    """Safe among shown by threshold: of calibration posts, with the bound tested, and of the others."""
    choice = calibrating.choice_of(floor)
    tested = sorted(choice.tested, key=lambda one: one.threshold)
    held = calibrating.measuring_of(floor)
    measured = {at: measure(held, at) for at in GRID}
    names = [f"{one.threshold:g}" for one in tested]
    figure = go.Figure()
    figure.add_scatter(x=names, y=[_seen(one.shown, one.unsafe) for one in tested], mode="lines+markers",
                       name=_("calibration posts"), hovertemplate="%{y:.1%}")  # fmt: skip
    figure.add_scatter(x=names, y=[one.low for one in tested], mode="lines+markers",
                       name=_("what may be promised"), hovertemplate="%{y:.1%}")  # fmt: skip
    figure.add_scatter(x=names, y=[measured[one.threshold].precision.value for one in tested],
                       mode="lines+markers", name=_("measuring posts"), hovertemplate="%{y:.1%}")  # fmt: skip
    figure.add_scatter(x=names, y=[floor.wanted] * len(names), mode="lines", name=_("wanted"),
                       line={"dash": "dot"}, hovertemplate="%{y:.1%}")  # fmt: skip
    figure.update_layout(
        xaxis={"type": "category", "title": {"text": _("threshold")}},
        yaxis={"tickformat": ".0%", "title": {"text": _("safe among shown")}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 56, "r": 16, "t": 60, "b": 48},
    )
    return {
        "curve": plain(figure),
        "curve_columns": [
            _("Threshold"), _("Shown"), _("Unsafe among them"), _("May be promised"), _("Measured"),
            _("Safe posts hidden"),
        ],
        "curve_rows": [
            [f"{one.threshold:g}{' ✓' if one.threshold == floor.threshold else ''}", str(one.shown),
             str(one.unsafe), f"{one.low:.1%}", in_words(measured[one.threshold].precision),
             in_words(measured[one.threshold].hidden)]
            for one in tested
        ],
    }  # fmt: skip


def in_words(share: Share) -> str:
    """The share with its 95 % interval, or a dash where it rests on nothing."""
    if share.value is None:
        return "–"
    return f"{share.value:.1%} [{share.interval.low:.1%}, {share.interval.high:.1%}]"


def figure_of(share: Share) -> dict[str, str]:
    if share.value is None:
        return {"value": "–", "interval": ""}
    low, high = share.interval.low, share.interval.high
    told = {"low": f"{low:.1%}", "high": f"{high:.1%}", "of": share.of}
    return {
        "value": f"{share.value:.1%}",
        "interval": _("%(low)s to %(high)s, with 95 of 100 certainty; %(of)d posts") % told,
    }


def language_names(tongues: Sequence[str]) -> list[str]:
    """Of a floor's languages, in the reader's own."""
    return [_name_of(one) for one in tongues if ":" not in one]


def _name_of(code: str) -> str:
    try:
        return str(get_language_info({"zh": "zh-hans"}.get(code, code))["name_translated"])
    except KeyError:  # Django has no name for it
        return code


def _seen(shown: int, unsafe: int) -> float | None:
    return 1 - unsafe / shown if shown else None


def queue_entry(post: Post) -> dict[str, Any]:
    names = label_names(post.project)
    return {
        "post": post,
        "label": names.get(post.label, post.label),
        "unfamiliar": moderation.is_unfamiliar(post),
        "objection": post.objections.filter(closed_at=None).first(),
        "history": moderation.history_of(post),
        "seen": post.decisions.count(),
        "choices": list(names.items()),
    }


def statement(post: Post) -> dict[str, Any]:
    """What was done, why, whether a machine did it, and what the author can do, in plain words: what a
    statement of reasons has to tell (Digital Services Act, EU 2022/2065, Art. 17(3))."""
    state, names = state_of(post), label_names(post.project)
    decisions = moderation.history_of(post)
    # What was decided of a text that has been changed since says nothing of this one.
    latest = decisions[-1] if decisions and post.decided is not None else None
    objection = moderation.objections_of(post).order_by("made_at").last()
    return {
        "post": post,
        "state": state,
        "is_hidden": state == HIDDEN,
        "headline": _HEADLINES[state](),
        "ground": names.get(latest.label if latest else post.label, ""),
        "decision": latest,
        "unfamiliar": moderation.is_unfamiliar(post),
        "objection": objection,
        "may_object": state == HIDDEN and (objection is None or _unheard(objection)),
    }


def _unheard(objection: Any) -> bool:
    return objection.closed_at is not None and not hasattr(objection, "decision")


_HEADLINES = {
    WAITING: lambda: _("Your post has not been read yet"),
    SHOWN: lambda: _("Your post is shown"),
    HIDDEN: lambda: _("Your post is hidden"),
}
