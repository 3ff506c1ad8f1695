"""Suspected labels as their page shows them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict

from annotations.models import Consensus
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Item, Project
from training.analysis_filter import Filter, findings_of
from training.analysis_page import query_without
from training.models import AnalysisFinding, AnalysisResult

SHOWN = 25


def show(project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict) -> dict[str, Any]:
    fields = result.data["fields"]
    judged = [name for name, one in fields.items() if "left_out" not in one]
    kind = asked.get("kind", judged[0] if judged else "")
    rows = [{"name": name, "current": name == kind, **one} for name, one in fields.items()]
    page = Paginator(findings_of(project, result, kind, wanted), SHOWN).get_page(asked.get("page"))
    return {
        "judged": rows, "kind": kind, "page": page, "query": query_without(asked, "page"),
        "filtered": query_without(asked, "kind", "page"),
        "pairs": fields.get(kind, {}).get("pairs", []),
        "shown": _shown(project, kind, list(page.object_list)),
    }  # fmt: skip


def _shown(project: Project, field: str, rows: list[AnalysisFinding]) -> list[dict[str, Any]]:
    ids = {one.item_id for one in rows}
    items = Item.objects.only("payload", "external_id").in_bulk(ids)
    decided = Consensus.objects.filter(project=project, field=field, item__in=ids)
    states = dict(decided.values_list("item_id", "state"))
    return [
        {"row": one, "item": items[one.item_id], "text": _text(items[one.item_id], one.turn),
         "waits": states.get(one.item_id) == Consensus.State.REVIEW}
        for one in rows
    ]  # fmt: skip


def _text(item: Item, turn: int | None) -> str:
    texts = turn_texts(item.payload)
    return texts[turn] if turn is not None and turn < len(texts) else " / ".join(texts)
