"""The evaluation of a run as its page, its CSV files and the model's page show it."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from training import evaluation_figures, privacy_page, tables
from training.models import Run
from training.registration import figure
from training.words import metric_name

Rows = list[tables.Row]
Columns = list[dict[str, Any]]


@dataclass
class EvaluationPage:
    """Everything is worked out of the run's report when a template asks for it; old reports lack parts."""

    run: Run
    metric: str

    @cached_property
    def report(self) -> dict[str, Any]:
        return self.run.report or {}

    @cached_property
    def judged(self) -> dict[str, Any]:
        return self.report.get("test") or self.report.get("dev") or {}

    @property
    def where(self) -> str:
        return _("frozen test items") if self.report.get("test") else _("dev items")

    # -- how good is good ---------------------------------------------------------------------------------

    @property
    def standing(self) -> list[dict[str, Any]]:
        """The baseline, this model and one person, by the same metric on the same items."""
        ceiling = self.report.get("ceiling") or {}
        rows = [
            (_("majority rule"), figure(self.report.get("baseline"), self.metric), None),
            (_("this model"), figure(self.judged, self.metric), self.judged.get("interval")),
        ]
        for name, key in ((_("one person"), "truth"), (_("one person against the others"), "others")):
            if part := ceiling.get(key):
                rows.append((name, part["value"], [part["low"], part["high"]]))
        return [
            {"name": name, "value": f"{value:.3f}", "interval": interval_text(interval)}
            for name, value, interval in rows
            if value is not None
        ]

    @property
    def ceiling_note(self) -> str:
        ceiling = self.report.get("ceiling")
        if not ceiling:
            return _("How well one person does is not known: too few test items have three answers.")
        text: str = _(
            "One person: %(answers)d answers of %(people)d people to %(items)d of the test items. Their own "
            "answer is part of the approved truth, which flatters them; against what the others came to "
            "without them it does not."
        )
        return text % {name: ceiling[name] for name in ("answers", "people", "items")}

    @property
    def metric_label(self) -> str:
        return metric_name(self.metric)

    # -- words and spans ----------------------------------------------------------------------------------

    @property
    def word_columns(self) -> Columns:
        return tables.report_columns(baseline=False, production=None)

    @property
    def word_rows(self) -> Rows:
        tokens = self.judged.get("tokens")
        return tables.report_rows({**tokens, "confusion": None}, None, None) if tokens else []

    @property
    def matched_columns(self) -> Columns:
        return tables.confusion_columns(self.judged.get("matched") or {}, blank=_("missed"))

    @property
    def matched_rows(self) -> Rows:
        return tables.confusion_rows(self.judged.get("matched") or {}, blank=_("made up"))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        words = {
            "exact": _("Exactly right"), "ends": _("Right label, other ends"),
            "label": _("Right ends, other label"), "both": _("Other label and ends"),
            "missed": _("Missed"), "spurious": _("Made up"),
        }  # fmt: skip
        found = (self.judged.get("matched") or {}).get("kinds") or {}
        return [(words[kind], f"{found[kind]:,}") for kind in words if kind in found]

    # -- calibration --------------------------------------------------------------------------------------

    @property
    def reliability(self) -> dict[str, Any]:
        return self.judged.get("reliability") or {}

    @property
    def calibration_figure(self) -> dict[str, Any]:
        return evaluation_figures.reliability(self.reliability)

    @property
    def calibration_columns(self) -> Columns:
        names = [_("decisions"), _("mean confidence"), _("share right")]
        return [{"title": _("Confidence")}, *({"title": name, "numeric": True} for name in names)]

    @property
    def calibration_rows(self) -> Rows:
        return [
            [{"text": f"{row['from']:.1f}–{row['to']:.1f}"}, *map(tables.number, (
                f"{row['decisions']:,}", f"{row['confidence']:.3f}", f"{row['accuracy']:.3f}",
            ))]
            for row in self.reliability.get("bins") or []
        ]  # fmt: skip

    @property
    def calibration_facts(self) -> list[tuple[str, str]]:
        if not self.reliability:
            return []
        before = self.judged.get("reliability_before") or {}
        fitted = self.report.get("calibration") or {}
        facts = [
            (_("Temperature, fitted on dev"), f"{fitted.get('temperature', 1.0):.2f}"),
            (_("Calibration error, equal widths"), _moved(before, self.reliability, "ece")),
            (_("Calibration error, equal sizes"), _moved(before, self.reliability, "ece_mass")),
            (_("Brier score"), _moved(before, self.reliability, "brier")),
        ]
        return [*facts, (_("Decisions"), f"{self.reliability['decisions']:,}")]

    # -- privacy ------------------------------------------------------------------------------------------

    @property
    def privacy(self) -> dict[str, Any]:
        """Sentences and figures, by the names of the functions of privacy_page."""
        said = (privacy_page.guarantee, privacy_page.membership, privacy_page.by_heart, privacy_page.short)
        return {
            **{one.__name__: one(self.report) for one in said}, "facts": privacy_page.facts(self.report)
        }  # fmt: skip

    # -- slices -------------------------------------------------------------------------------------------

    @property
    def slices(self) -> list[dict[str, Any]]:
        return self.report.get("slices") or []

    @property
    def slice_figure(self) -> dict[str, Any]:
        return evaluation_figures.slices(
            [part for part in self.slices if part["kind"] != "label"] or self.slices, names=kind_names()
        )

    @property
    def slice_columns(self) -> Columns:
        names = [self.metric_label, _("95 %"), _("units"), _("items")]
        return [{"title": _("Part")}, *({"title": name, "numeric": True} for name in names)]

    @property
    def slice_rows(self) -> Rows:
        kinds, rows = kind_names(), []
        for part in self.slices:
            cells = (
                f"{part['value']:.3f}", interval_text([part["low"], part["high"]]), f"{part['units']:,}",
                f"{part['rows']:,}",
            )  # fmt: skip
            row: tables.Row = [{"text": f"{kinds[part['kind']]}: {part['name']}"}, *map(tables.number, cells)]
            rows.append([{**cell, "muted": part["small"]} for cell in row])
        return rows


def kind_names() -> dict[str, str]:
    return {
        "speaker": _("speaker"), "length": _("characters"), "language": _("language"), "label": _("F1"),
    }  # fmt: skip


def interval_text(interval: Any) -> str:
    return f"{interval[0]:.3f}–{interval[1]:.3f}" if interval else ""


def _moved(before: dict[str, Any], after: dict[str, Any], key: str) -> str:
    now = f"{after[key]:.3f}"
    return f"{before[key]:.3f} → {now}" if key in before else now
