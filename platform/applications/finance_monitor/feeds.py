"""Texts out of what a feed or a file holds."""

import calendar
import io
import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from django.utils.dateparse import parse_datetime

from applications.finance_monitor.services.texts import MOST_CHARACTERS, Incoming

MOST_ENTRIES = 1000
_TAG = re.compile(r"<[^>]*>")


def texts_of_feed(content: bytes) -> list[Incoming]:
    """Title and summary of each entry of an RSS or Atom feed. Nothing is fetched."""
    import feedparser  # noqa: PLC0415 - only who pulls needs it

    # A stream, as bytes would be tried as the name of a file.
    feed = feedparser.parse(io.BytesIO(content), resolve_relative_uris=False)
    language = str(feed.feed.get("language", ""))[:2]
    found = [_of_entry(entry, language) for entry in feed.entries[:MOST_ENTRIES]]
    return [one for one in found if one.text]


def _of_entry(entry: Any, language: str) -> Incoming:
    parts = [_plain(str(entry.get(name, ""))) for name in ("title", "summary")]
    text = "\n".join(dict.fromkeys(part for part in parts if part))
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    at = datetime.fromtimestamp(calendar.timegm(moment), UTC) if moment else None
    return Incoming(text[:MOST_CHARACTERS], at, language)


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def texts_of_file(name: str, content: bytes) -> list[Incoming]:
    """Of a feed (.xml, .rss, .atom), of JSON Lines with `text`, `at`, `language`, or of a plain text file."""
    if name.endswith((".xml", ".rss", ".atom")):
        return texts_of_feed(content)
    words = content.decode("utf-8", errors="replace")
    if not name.endswith(".jsonl"):
        return [Incoming(words[:MOST_CHARACTERS])] if words.strip() else []
    return [one for line in words.splitlines() if (one := _of_line(line))][: 50 * MOST_ENTRIES]


def _of_line(line: str) -> Incoming | None:
    try:
        row = json.loads(line)
        at = parse_datetime(str(row.get("at") or ""))
    except (ValueError, AttributeError):
        return None
    text = str(row.get("text") or "")[:MOST_CHARACTERS]
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return Incoming(text, at, str(row.get("language") or "")) if text.strip() else None
