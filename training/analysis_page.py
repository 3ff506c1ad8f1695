"""What the pages of an analysis show: its state, the tabs, the filter, and each part's own view."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.queueing import enqueue_soon
from tasks_app.models import Project
from training import analysing, tasks
from training.analysis_filter import Filter, annotators_of, labels_of
from training.analysis_freshness import hash_at_hand
from training.analysis_parts import PARTS
from training.models import Analysis, AnalysisResult

Show = Callable[[Project, AnalysisResult, Filter, QueryDict], dict[str, Any]]
TITLES: dict[str, Any] = {
    "cleaning": gettext_lazy("Cleaning"),
    "label_errors": gettext_lazy("Label errors"),
    "topics": gettext_lazy("Topics"),
    "questions": gettext_lazy("Common questions"),
    "courses": gettext_lazy("Emotions"),
    "distributions": gettext_lazy("Distributions"),
}

OPTIONS = {
    "afresh": gettext_lazy("Find all topics afresh (1), or let them grow (0)"),
    "near": gettext_lazy("Nearly the same from a likeness of"),
    "short": gettext_lazy("Too short under this many words"),
    "recurring": gettext_lazy("Boilerplate when in this share of conversations"),
    "sure": gettext_lazy("Language told when this sure"),
    "far": gettext_lazy("Outlier from this many spreads away"),
    "folds": gettext_lazy("Models trained, each on the others’ items"),
}


class FilterForm(forms.Form):
    label = forms.ChoiceField(label=gettext_lazy("Label"), required=False)
    annotator = forms.ChoiceField(label=gettext_lazy("Annotator"), required=False)
    since = forms.DateField(
        label=gettext_lazy("Imported since"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("until"), required=False, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, data: Any, *, project: Project) -> None:
        super().__init__(data)
        for name, values in (("label", labels_of(project)), ("annotator", annotators_of(project))):
            choices = [("", _("any")), *((one, one) for one in values)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> Filter:
        return Filter(**self.cleaned_data) if self.is_valid() else Filter()


def latest(project: Project) -> Analysis | None:
    return Analysis.objects.filter(project=project).order_by("-asked_at", "-pk").first()


def tabs(project: Project, part: str, results: dict[str, AnalysisResult]) -> list[dict[str, Any]]:
    return [
        {"title": title, "href": reverse("analysis-part", args=[project.pk, name]), "current": name == part,
         "count": results[name].data.get("count") if name in results else None}
        for name, title in TITLES.items()
    ]  # fmt: skip


def is_outdated(wish: Analysis) -> bool:
    """Whether items or approved answers have changed since, as far as is known."""
    if wish.snapshot_id is not None:
        return False
    found, old = hash_at_hand(wish.project)
    if old:
        enqueue_soon(tasks.hash_analysed_data, str(wish.project_id))
    return found is not None and found != wish.data_hash


def state_of(project: Project) -> dict[str, Any]:
    wish = latest(project)
    results = analysing.results_of(wish) if wish else {}
    return {"wish": wish, "results": results, "progress": _progress(wish)}


def _progress(wish: Analysis | None) -> str:
    if wish is None or not wish.is_live:
        return ""
    if wish.state == Analysis.State.QUEUED and not wish.share:
        return _("waiting for a worker")
    left = wish.seconds_left
    title = TITLES.get(wish.part, "")
    if left is None:
        return str(title)
    return _("%(part)s, about %(seconds)d s left") % {"part": title, "seconds": round(left)}


def query_without(asked: QueryDict, *names: str) -> str:
    """What was asked, ready for one thing more: "label=refund&", or "" where nothing is left."""
    kept = asked.copy()
    for name in names:
        kept.pop(name, None)
    return f"{kept.urlencode()}&" if kept else ""


def options_of(part: str, wish: Analysis | None) -> list[dict[str, Any]]:
    """[{name, title, value, low, high}], the values as last asked for."""
    asked = wish.options.get(part, {}) if wish else {}
    if part not in PARTS:
        return []
    return [
        {"name": f"{part}.{name}", "title": OPTIONS[name], "value": asked.get(name, one.usual),
         "low": one.low, "high": one.high}
        for name, one in PARTS[part].options.items()
    ]  # fmt: skip


def options_from(posted: QueryDict, wish: Analysis | None) -> dict[str, Any]:
    """What was asked for last, with what was set now. Words that are no number are refused further on."""
    chosen: dict[str, dict[str, Any]] = {
        name: dict(options) for name, options in (wish.options if wish else {}).items() if name in PARTS
    }
    for key, raw in posted.items():
        part, dot, name = key.partition(".")
        if dot and part in PARTS:
            chosen.setdefault(part, {})[name] = _number(str(raw))
    return chosen


def _number(raw: str) -> float | str:
    try:
        return float(raw)
    except ValueError:
        return raw
