"""Free texts as the detector of copies reads them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from annotations.anomalies.given import Finding
from annotations.anomalies.pasted import LEAST_CHARS, Written, copied
from annotations.models import Answer, Suggestion
from tasks_app.fields.base import Field
from tasks_app.fields.likeness import normalise
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Project

_WINDOW = 20_000


def copied_texts(project: Project, field: Field, people: Sequence[UUID]) -> list[Finding]:
    rows = Answer.objects.filter(project=project, source=Answer.Source.CROWD).order_by("-created_at")
    rows = rows.select_related("item").only("worker_id", "value", "edits", "item__payload")
    number = {person: n for n, person in enumerate(people)}
    items: dict[UUID, int] = {}
    offers = dict(
        Suggestion.objects.filter(item__project=project, field=field.name).values_list("item_id", "value")
    )
    texts = []
    for row in rows[:_WINDOW]:
        normal = normalise(str(row.value.get(field.name) or ""))
        if len(normal) >= LEAST_CHARS and row.worker_id in number:
            item = items.setdefault(row.item_id, len(items))
            offered = _is_offered(normal, row.item.payload, offers.get(row.item_id))
            pasted = _is_pasted(row.edits, field.name, len(normal))
            texts.append(Written(number[row.worker_id], item, normal, pasted, offered))
    return copied(texts)


def _is_offered(normal: str, payload: Mapping[str, Any], suggestion: Any) -> bool:
    return normal == normalise(str(suggestion or "")) or any(
        normal in normalise(text) for text in turn_texts(payload)
    )


def _is_pasted(edits: Any, field: str, chars: int) -> bool:
    """The page saw at least half of the text come in by pasting."""
    pasted = [
        edit.get("after") or 0
        for edit in edits
        if isinstance(edit, dict) and edit.get("action") == "paste" and edit.get("field") == field
    ]
    return sum(one for one in pasted if isinstance(one, int)) * 2 >= chars if pasted else False
