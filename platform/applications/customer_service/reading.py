"""Pairs out of an uploaded file: CSV with a header, JSON (a list) or JSON Lines."""

import csv
import io
import json
from typing import Any

from django.utils.translation import gettext as _

from applications.customer_service.drafting import Draft
from common.errors import Invalid, Problem, TooLarge

MOST_BYTES = 20_000_000


def read_pairs(content: bytes, name: str) -> list[Draft]:
    """Each with question, answer and, if it has one, language. Raises Invalid for what cannot be read."""
    if len(content) > MOST_BYTES:
        raise TooLarge(_("The file is larger than 20 MB. Send it in parts."))
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text))) if name.lower().endswith(".csv") else _json(text)
        return [_draft(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
        detail = _("Send UTF-8 with “question” and “answer” in each line: CSV with a header, or JSON.")
        raise Invalid(detail, problems=[Problem("/file", "unreadable", detail)]) from None


def _json(text: str) -> list[Any]:
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(str(row["question"]), str(row["answer"]), str(row.get("language") or "")[:10])
