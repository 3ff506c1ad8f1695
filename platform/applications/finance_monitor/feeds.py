"""Texts out of what a feed or a file holds."""

import calendar
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from applications.finance_monitor.services.texts import MOST_CHARACTERS, Incoming

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Unusable:
    """An entry or a line that gives no text, and why."""

    why: str


Entry = Incoming | Unusable


def texts_of_feed(content: bytes) -> Iterator[Entry]:
    """Title and summary of each entry of an RSS or Atom feed. Nothing is fetched."""
    import feedparser  # noqa: PLC0415 - only who pulls needs it

    # A stream, as bytes would be tried as the name of a file.
    feed = feedparser.parse(io.BytesIO(content), resolve_relative_uris=False)
    language = str(feed.feed.get("language", ""))[:2]
    found = (_of_entry(entry, language) for entry in feed.entries)
    return (one for one in found if isinstance(one, Unusable) or one.text)


def _of_entry(entry: Any, language: str) -> Entry:
    parts = [_plain(str(entry.get(name, ""))) for name in ("title", "summary")]
    text = "\n".join(dict.fromkeys(part for part in parts if part))
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        at = datetime.fromtimestamp(calendar.timegm(moment), UTC) if moment else None
    except (ValueError, OverflowError, OSError):
        return _no_date()
    return Incoming(text[:MOST_CHARACTERS], at, language)


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def texts_of_file(name: str, content: bytes) -> Iterator[Entry]:
    """Of a feed (.xml, .rss, .atom), of JSON Lines with `text`, `at`, `language`, or of a plain text file."""
    if name.endswith((".xml", ".rss", ".atom")):
        return texts_of_feed(content)
    words = content.decode("utf-8", errors="replace")
    if not name.endswith(".jsonl"):
        return iter([Incoming(words[:MOST_CHARACTERS])] if words.strip() else [])
    # Only line ends of JSON Lines: text may hold what Unicode takes for another one.
    return (one for line in words.split("\n") if (one := _of_line(line)) is not None)


def _of_line(line: str) -> Entry | None:
    """None of an empty one."""
    if not line.strip():
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or not str(row.get("text") or "").strip():
        return Unusable(_("This line is no JSON object with a “text”."))
    try:
        at = parse_datetime(str(row["at"])) if row.get("at") else None
    except (ValueError, OverflowError):
        return _no_date()
    if row.get("at") and at is None:
        return _no_date()
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return Incoming(str(row["text"])[:MOST_CHARACTERS], at, str(row.get("language") or ""))


def _no_date() -> Unusable:
    return Unusable(_("Its date cannot be read."))
