"""Promised and measured coverage as tables, and the risk-coverage curve."""

from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from applications.health_triage import words
from applications.health_triage.covering import UNDER, Share
from applications.health_triage.offering import Offer
from applications.health_triage.promising import ALL, CONDITION, URGENCY
from applications.health_triage.selectors import State
from training.figures import plain

_SHOWN = 20  # rows of the curve's table


def context(state: State) -> dict[str, Any]:
    """What templates/health_triage/coverage.html takes."""
    coverage, promised = state.coverage, state.promised
    if coverage is None or promised is None or state.calibration is None:
        return {"lacking": []}
    levels = promised.levels
    titles = {str(level): words.level(level, levels) for level in levels}
    titles |= words.titles_of(state.calibration.condition_version)
    return {
        "lacking": [words.lacking(one) for one in promised.lacking],
        "holds": promised.holds,
        "contradicted": [_name(one, titles) for one in coverage.shares if one.contradicted],
        "columns": [_("What"), *_numeric(_("Promised"), _("Measured"), _("95 % interval"), _("Items"))],
        "rows": [_row(one, titles) for one in coverage.shares if one.name == ALL],
        "group_rows": [_row(one, titles) for one in coverage.shares if one.about == CONDITION and one.name],
        "level_rows": [_row(one, titles) for one in coverage.shares if one.about == URGENCY and one.name],
        "facts": [
            (_("A person has to look"), _with_interval(coverage.abstains)),
            (_("Wrong among what is suggested"), _with_interval(coverage.answered_wrong)),
            (_("Groups listed, on average"), f"{coverage.mean_groups:.2f}"),
            (_("Urgencies in the range, on average"), f"{coverage.mean_levels:.2f}"),
        ],
        "offer_columns": [
            _("Wrong · under-triaged"),
            *_numeric(
                _("A person has to look"), _("Wrong among what is suggested"),
                _("Groups hold the right one"), _("Range holds the right one"),
            ),
        ],
        "offer_rows": [_offer(one, state) for one in state.offers],
        "curve": _curve(state),
        "curve_columns": _numeric(_("Answered"), _("Wrong among these")),
        "curve_rows": _curve_rows(state),
    }  # fmt: skip


def _numeric(*titles: str) -> list[dict[str, Any]]:
    return [{"title": title, "numeric": True} for title in titles]


def _name(one: Share, titles: dict[str, str]) -> str:
    if one.name == ALL:
        return {
            CONDITION: _("Groups listed hold the right one"),
            URGENCY: _("Range of urgencies holds the right one"),
            UNDER: _("More urgent than is said (under-triage)"),
        }[one.about]
    return titles.get(one.name, one.name)


def _row(one: Share, titles: dict[str, str]) -> list[Any]:
    low, high = one.interval
    sign = "≤" if one.most else "≥"
    cells = (
        "–" if one.promised is None else f"{sign} {one.promised:.1%}",
        f"{one.value:.1%}" if one.count else "–",
        f"{low:.1%} – {high:.1%}" if one.count else "–",
        str(one.count),
    )
    return [_name(one, titles), *({"text": text, "numeric": True} for text in cells)]


def _offer(one: Offer, state: State) -> list[Any]:
    """A row of what it costs; its name leads to the form with this promise filled in."""
    risk, now = one.risk, state.setting.risk
    name: dict[str, Any] = {"text": f"{100 * risk.wrong:g}% · {100 * risk.under_triage:g}%"}
    if (risk.wrong, risk.under_triage) == (now.wrong, now.under_triage):
        name["text"] = _("%s (now)") % name["text"]
    else:
        name["href"] = f"?wrong={risk.wrong:g}&under_triage={risk.under_triage:g}#risk"
    if not one.possible:
        return [name, {"text": _("too few items"), "numeric": True}, *({"text": "–", "numeric": True},) * 3]
    shares = (one.abstains, one.wrong, one.groups, one.range)
    return [name, *({"text": _of(share), "numeric": True} for share in shares)]


def _of(one: Share) -> str:
    return f"{one.value:.0%} ({one.hits} / {one.count})" if one.count else "–"


def _with_interval(one: Share) -> str:
    low, high = one.interval
    return f"{one.value:.1%} [{low:.1%}, {high:.1%}], n = {one.count}" if one.count else "–"


def _curve(state: State) -> dict[str, Any]:
    figure = go.Figure()
    figure.add_scatter(
        x=[answered for answered, _wrong in state.curve], y=[wrong for _answered, wrong in state.curve],
        name=_("likeliest group is wrong"), mode="lines", hovertemplate="%{y:.1%}",
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[state.setting.wrong] * 2, name=_("may be wrong"), mode="lines",
        line={"dash": "dot", "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": {"text": _("share answered, surest first")}, "range": [0, 1], "tickformat": ".0%"},
        yaxis={"title": {"text": _("wrong among these")}, "rangemode": "tozero", "tickformat": ".0%"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 56, "r": 16, "t": 36, "b": 44},
    )
    return plain(figure)


def _curve_rows(state: State) -> list[list[Any]]:
    step = max(1, len(state.curve) // _SHOWN)
    return [
        [{"text": f"{share:.1%}", "numeric": True} for share in point]
        for point in state.curve[step - 1 :: step]
    ]
