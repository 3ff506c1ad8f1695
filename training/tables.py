"""Classification reports as rows for the table component."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from training.words import metric_name

Row = list[dict[str, Any]]
Report = dict[str, Any]
HEAT_STEPS = 5
SCORES = ("precision", "recall", "f1")
MEANS = ("micro", "macro", "weighted")
# Figures of a report that are one number, in the order in which they are shown.
FIGURES = (
    "quadratic_kappa", "mean_absolute_error", "pairwise_accuracy", "kendall_tau", "top_one", "rouge_l",
    "exact", "accuracy", "within_one", "spearman", "mrr", "map", "recall_at_1", "recall_at_5",
    "recall_at_10",
)  # fmt: skip


def report_columns(*, baseline: bool, production: int | None) -> list[dict[str, Any]]:
    names = [_("precision"), _("recall"), _("F1"), _("support")]
    if baseline:
        names.append(_("baseline F1"))
    if production is not None:
        names.append(_("over version %d") % production)
    return [{"title": _("Label")}, *({"title": name, "numeric": True} for name in names)]


def report_rows(report: Report, baseline: Report | None, compared: dict[str, Any] | None) -> list[Row]:
    """Per label, then micro and macro; beside it the baseline's F1 and the gain over production."""
    current = {**(compared or {}).get("labels", {}), **{name: (compared or {}).get(name) for name in MEANS}}
    ruled = {**(baseline or {}).get("labels", {}), **{name: (baseline or {}).get(name) for name in MEANS}}
    rows = []
    means = [(name, report[name]) for name in MEANS if name in report]
    for name, scores in [*((label, report["labels"][label]) for label in labels_of(report)), *means]:
        row: Row = [{"text": name}, *(number(f"{scores[key]:.3f}") for key in SCORES)]
        row.append(number(f"{scores['support']:,}"))
        if baseline:
            row.append(number(f"{ruled[name]['f1']:.3f}" if ruled.get(name) else "–"))
        if compared:
            known = current.get(name)
            row.append(number("–" if known is None else f"{scores['f1'] - known:+.3f}"))
        rows.append(row)
    return rows


def figure_columns(*, baseline: bool, production: int | None) -> list[dict[str, Any]]:
    names = [_("value"), *([_("baseline")] if baseline else [])]
    if production is not None:
        names.append(_("over version %d") % production)
    return [{"title": _("Figure")}, *({"title": name, "numeric": True} for name in names)]


def figure_rows(report: Report, baseline: Report | None, compared: dict[str, Any] | None) -> list[Row]:
    """The report's single numbers; beside them the baseline's and the distance to production's."""
    rows = []
    for name in FIGURES:
        if name not in report:
            continue
        row: Row = [{"text": metric_name(name)}, number(f"{report[name]:.3f}")]
        if baseline:
            row.append(number(f"{baseline[name]:.3f}" if name in baseline else "–"))
        if compared:
            known = compared.get(name)
            row.append(number("–" if known is None else f"{report[name] - known:+.3f}"))
        rows.append(row)
    return rows


def labels_of(report: Report) -> list[str]:
    """The labels in the field's own order; the database keeps lists in order, but not the keys of objects."""
    order: Sequence[str] = (report.get("confusion") or {}).get("labels") or []
    known = report.get("labels") or {}
    return [*(label for label in order if label in known), *(label for label in known if label not in order)]


def confusion_columns(report: Report, *, blank: str = "–") -> list[dict[str, Any]]:
    labels = (report.get("confusion") or {}).get("labels") or []
    return [{"title": _("truth / answer")}, *({"title": label or blank} for label in labels)]


def confusion_rows(report: Report, *, blank: str = "–") -> list[Row]:
    """Counts with a heat of 1 to 5 by their share of the row, so that a rare label shows as clearly."""
    confusion = report.get("confusion") or {}
    labels: Sequence[str] = confusion.get("labels") or []
    return [
        [{"text": label or blank}, *(_warm(count, sum(counts)) for count in counts)]
        for label, counts in zip(labels, confusion.get("matrix") or [], strict=True)
    ]


def _warm(count: int, total: int) -> dict[str, Any]:
    return {"text": f"{count:,}", "heat": -(-count * HEAT_STEPS // (total or 1)) or None}


def number(text: str) -> dict[str, Any]:
    """A cell that lines up with the numbers above and below it."""
    return {"text": text, "numeric": True}
