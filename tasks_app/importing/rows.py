"""Rows in the text form that COPY reads."""

import json
from typing import Any
from uuid import UUID

import orjson

from tasks_app.importing.lines import ParsedItem

ITEM_COLUMNS = (
    'id, external_id, "group", language, payload, meta, content_hash, gold, split, state, needs_aggregation, '
    "consent, legal_basis, licence"
)
FINDING_COLUMNS = 'project, item, turn, start, "end", kind, detector, score, replacement'
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL = "\\N"


def item_row(
    item_id: UUID,
    parsed: ParsedItem,
    *,
    payload: dict[str, Any],
    gold: dict[str, Any] | None,
    content_hash: str,
    state: str,
    needs_aggregation: bool,
) -> str:
    return "\t".join(
        (
            str(item_id),
            parsed.external_id.translate(_SPECIAL),
            parsed.group.translate(_SPECIAL),
            parsed.language.translate(_SPECIAL),
            _json(payload),
            _json(parsed.meta),
            content_hash,
            _NULL if gold is None else _json(gold),
            parsed.split,
            state,
            "t" if needs_aggregation else "f",
            _NULL if parsed.terms.consent is None else "t" if parsed.terms.consent else "f",
            parsed.terms.basis,
            parsed.terms.licence.translate(_SPECIAL),
        )
    )


def finding_row(project: str, item_id: UUID, found: dict[str, Any]) -> str:
    return "\t".join(
        (
            project, str(item_id), str(found["turn"]), str(found["start"]), str(found["end"]), found["kind"],
            found["detector"], str(found["score"]), found["replacement"].translate(_SPECIAL),
        )
    )  # fmt: skip


def _json(value: Any) -> str:
    """JSON holds no raw tabs and line ends, so only its backslashes need another one."""
    try:
        text = orjson.dumps(value).decode()
    except TypeError:  # a number of more than 64 bits, which JSON and PostgreSQL may have
        text = json.dumps(value, ensure_ascii=False)
    return text.replace("\\", "\\\\")
