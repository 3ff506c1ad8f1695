"""The cleaning report and its review tasks as the pages show them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks_app.fields.payload import turn_texts
from tasks_app.models import Item, Project
from training import cleaning
from training.analysis.encoding import repaired
from training.analysis_filter import Filter, findings_of
from training.analysis_page import query_without
from training.models import AnalysisFinding, AnalysisResult, CleaningTask

SHOWN = 25
TITLES = {
    cleaning.EXACT: gettext_lazy("Exact duplicates"),
    cleaning.NEAR: gettext_lazy("Near duplicates"),
    cleaning.ACROSS: gettext_lazy("Near duplicates across train and test"),
    cleaning.LANGUAGE: gettext_lazy("Wrong language"),
    cleaning.SHORT: gettext_lazy("Too short"),
    cleaning.RECURRING: gettext_lazy("Boilerplate"),
    cleaning.DAMAGED: gettext_lazy("Encoding damage"),
    cleaning.OUTLIER: gettext_lazy("Outliers"),
}
STATES: dict[str, Any] = {
    CleaningTask.State.OPEN: gettext_lazy("to be decided"),
    CleaningTask.State.KEPT: gettext_lazy("kept"),
    CleaningTask.State.WITHDRAWN: gettext_lazy("withdrawn"),
    CleaningTask.State.LEFT_OUT: gettext_lazy("out of training"),
}


def show(project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict) -> dict[str, Any]:
    kind = asked.get("kind", "")
    kinds = [_kind(result, name, name == kind) for name in cleaning.KINDS]
    if kind not in TITLES:
        return {"kinds": kinds, "kind": None, "filtered": query_without(asked, "kind", "page")}
    page = Paginator(findings_of(project, result, kind, wanted), SHOWN).get_page(asked.get("page"))
    tasks = CleaningTask.objects.filter(kind=kind, item__in=[one.item_id for one in page.object_list])
    states = dict(tasks.values_list("item_id", "state"))
    return {
        "kinds": kinds, "kind": kind, "kind_title": TITLES[kind], "page": page,
        "query": query_without(asked, "page"), "filtered": query_without(asked, "kind", "page"),
        "shown": _shown(list(page.object_list), states),
    }  # fmt: skip


def tasks_of(project: Project, state: str, asked: QueryDict) -> dict[str, Any]:
    rows = CleaningTask.objects.filter(project=project, item__restricted=False)
    page = Paginator(rows.filter(state=state).order_by("-id"), SHOWN).get_page(asked.get("page"))
    counts = {one: rows.filter(state=one).count() for one in STATES}
    return {
        "states": [{"state": one, "title": title, "count": counts[one], "current": one == state}
                   for one, title in STATES.items()],
        "state": state, "page": page, "query": f"state={state}&", "shown": _shown(list(page.object_list), {}),
    }  # fmt: skip


def _kind(result: AnalysisResult, name: str, current: bool) -> dict[str, Any]:
    return {"name": name, "title": TITLES[name], "current": current, **result.data["kinds"][name]}


def _shown(rows: Sequence[Any], states: dict[UUID, str]) -> list[dict[str, Any]]:
    items = _items(rows)
    return [
        {"row": one, "item": items[one.item_id], "text": _text(items[one.item_id], one.turn),
         "title": TITLES.get(one.kind, one.kind), "why": _why(one, items),
         "repair": _repair(items[one.item_id], one), "task": STATES.get(states.get(one.item_id, ""), "")}
        for one in rows
    ]  # fmt: skip


def _items(rows: Iterable[AnalysisFinding | CleaningTask]) -> dict[UUID, Item]:
    ids = {one.item_id for one in rows}
    like = {UUID(one.evidence["like"]) for one in rows if "like" in one.evidence}
    shown = Q(pk__in=ids) | (Q(pk__in=like, restricted=False) & ~Q(state=Item.State.WITHDRAWN))
    return {item.pk: item for item in Item.objects.filter(shown).only("payload", "external_id")}


def _text(item: Item, turn: int | None) -> str:
    texts = turn_texts(item.payload)
    return texts[turn] if turn is not None and turn < len(texts) else " / ".join(texts)


def _repair(item: Item, one: AnalysisFinding | CleaningTask) -> str:
    """Made anew for the page: no text is kept with what was found."""
    return repaired(_text(item, one.turn)) if one.kind == cleaning.DAMAGED else ""


def _why(one: AnalysisFinding | CleaningTask, items: dict[UUID, Item]) -> dict[str, Any]:
    """{words, like?}: the reason in words, and the item that it resembles."""
    told = one.evidence
    if "like" in told:
        return {"words": _("like"), "like": items.get(UUID(told["like"]))}
    if one.kind == cleaning.LANGUAGE:
        return {"words": _("reads as %(language)s") % told}
    if one.kind == cleaning.SHORT:
        return {"words": _("words: %(words)d") % told}
    if one.kind == cleaning.RECURRING:
        return {"words": _("in %(percent)s %% of conversations") % {"percent": f"{100 * told['share']:.1f}"}}
    if one.kind == cleaning.DAMAGED:
        return {"words": DAMAGE[told["damage"]]}
    return {"words": ""}


DAMAGE = {
    "mojibake": gettext_lazy("read in the wrong encoding"),
    "replacement": gettext_lazy("characters were lost"),
    "control": gettext_lazy("control characters"),
}
