"""Words for what the database holds, in the reader's language."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from training.gate import Verdict

TONES = {
    "queued": "", "running": "live", "succeeded": "good", "failed": "bad", "cancelled": "warn",
    "candidate": "", "production": "good", "archived": "",
}  # fmt: skip


def state_name(state: str) -> str:
    """The word for a run's state or a version's stage, in the reader's language."""
    return {
        "queued": _("queued"), "running": _("running"), "succeeded": _("succeeded"), "failed": _("failed"),
        "cancelled": _("cancelled"), "candidate": _("candidate"), "production": _("in production"),
        "archived": _("archived"),
    }[state]  # fmt: skip


def trial_state(state: str) -> str:
    return {
        "waiting": _("waiting"), "running": _("running"), "complete": _("complete"), "pruned": _("cut short"),
        "stopped": _("out of time"), "failed": _("failed"),
    }[state]  # fmt: skip


def priority_name(priority: int) -> str:
    return {-1: _("low priority"), 0: _("normal priority"), 1: _("high priority")}[priority]


def metric_name(metric: str) -> str:
    names = {
        "accuracy": _("accuracy"), "micro_f1": _("micro F1"), "macro_f1": _("macro F1"),
        "quadratic_kappa": _("quadratic kappa"), "mean_absolute_error": _("mean error"),
        "within_one": _("at most one step off"), "spearman": _("rank correlation (Spearman)"),
        "pairwise_accuracy": _("pairs in the right order"), "kendall_tau": _("Kendall tau"),
        "top_one": _("best one first"), "mrr": _("mean reciprocal rank"), "map": _("mean average precision"),
        "recall_at_1": _("found first"), "recall_at_5": _("found among five"),
        "recall_at_10": _("found among ten"),
        "rouge_l": _("ROUGE-L"), "exact": _("same words"),
    }  # fmt: skip
    return names.get(metric, metric)


def baseline_name(name: str) -> str:
    """A rule that reads no text, as the engine calls it: there it has one language."""
    for said, words in (
        (r"always '(.*)', the most frequent answer", _("always “%s”, the most frequent answer")),
        (r"always (.*), the median answer", _("always %s, the median answer")),
        (r"every whole turn is one '(.*)'", _("every whole turn is one “%s”")),
    ):
        if found := re.fullmatch(said, name):
            return words % found[1]
    return {
        "vectors at random": _("vectors at random"),
        "always the most frequent reply": _("always the most frequent reply"),
        "by the spans' labels and how many turns lie between them":
            _("by the spans’ labels and how many turns lie between them"),
    }.get(name, name)  # fmt: skip


def duration(seconds: float | None) -> str:
    """Rounded to what a person waiting wants to know."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _("%d s") % round(seconds)
    return _("%d min") % round(seconds / 60) if seconds < 5400 else _("%.1f h") % (seconds / 3600)


def verdict_words(verdict: Verdict) -> str:
    """Such as "Better overall: +2.1 points [+0.4, +3.9]; worse on language zh: -3.0 [-5.2, -0.9]"."""
    heading = _("Better overall: %s") if verdict.better else _("Not better overall: %s")
    parts = [heading % _apart(verdict.overall)]
    parts += [
        _("worse on %(kind)s %(name)s: %(apart)s")
        % {"kind": part_kind(part["kind"]), "name": part["name"], "apart": _apart(part)}
        for part in verdict.worse
    ]
    return "; ".join(parts)


def part_kind(kind: str) -> str:
    return {
        "all": _("all items"), "speaker": _("speaker"), "length": _("length"), "language": _("language"),
        "label": _("label"),
    }[kind]  # fmt: skip


def _apart(part: Mapping[str, Any]) -> str:
    points = [100 * part[name] for name in ("value", "low", "high")]
    return _("%(value)+.1f points [%(low)+.1f, %(high)+.1f]") % dict(
        zip(("value", "low", "high"), points, strict=True)
    )
