"""Words for what the database holds, in the reader's language."""

from django.utils.translation import gettext as _

TONES = {
    "queued": "", "running": "live", "succeeded": "good", "failed": "bad", "cancelled": "warn",
    "candidate": "", "production": "good", "retired": "",
}  # fmt: skip


def state_name(state: str) -> str:
    """The word for a run's state or a version's stage, in the reader's language."""
    return {
        "queued": _("queued"), "running": _("running"), "succeeded": _("succeeded"), "failed": _("failed"),
        "cancelled": _("cancelled"), "candidate": _("candidate"), "production": _("in production"),
        "retired": _("retired"),
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
    }  # fmt: skip
    return names.get(metric, metric)


def duration(seconds: float | None) -> str:
    """Rounded to what a person waiting wants to know."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _("%d s") % round(seconds)
    return _("%d min") % round(seconds / 60) if seconds < 5400 else _("%.1f h") % (seconds / 3600)
