"""What may go into a log, and how an error is told there: what happened and where, not to whom.

Nothing found by a detector stays. Of an error's message, which other people's code has written, whatever
stands in quotation marks goes as well: libraries quote the value that they could not digest.
"""

import re
import traceback
from collections.abc import Iterator

from privacy.pii.offsets import replace_spans
from privacy.pii.scan import scan

HIDDEN = "…"
MOST_MESSAGE = 300
# What looks like somebody's number or address and is a program's.
_OURS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # an id
    r"|\bcelery@\S+|\b127\.0\.0\.\d+|\b0\.0\.0\.0\b|\[?::1\]?"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*"
)
_QUERY = re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]+")
# Whoever has one of these links may act, or read what is held about somebody.
_SIGNED = re.compile(
    r"(/feedback/|/privacy/(?:r|verify)/|/accounts/(?:confirm-email|password/reset/key)/)[^\s/?]+"
)
# A quotation that was cut off goes on to the end. An apostrophe within a word opens none.
_QUOTED = re.compile(
    r"(?<!\w)[brufBRUF]{0,2}(?P<mark>'|\"|`)(?P<inside>.*?)(?:(?P=mark)(?!\w)|\Z)", re.DOTALL
)
# PostgreSQL says in these lines which values it was about.
_VALUES = re.compile(
    r"^\s*(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+|WHERE):?.*\Z", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"[\w.\-/:\[\]]{1,80}\Z", re.ASCII)
_PACKAGES = frozenset(
    {"common", "accounts", "rewards", "privacy", "tasks_app", "annotations", "training", "config", "local"}
)


def scrub(text: str) -> str:
    """A line for a log with personal data as [KIND], query strings and signed links left out."""
    text = _SIGNED.sub(rf"\1{HIDDEN}", _QUERY.sub(rf"\1?{HIDDEN}", text))
    ours = [match.span() for match in _OURS.finditer(text)]
    found = [
        (one.start, one.end, f"[{one.kind}]")
        for one in scan(text)
        if not any(start < one.end and one.start < end for start, end in ours)
    ]
    return replace_spans(text, sorted(found))[0] if found else text


def message_of(error: BaseException) -> str:
    """`Type: message` without what it quotes; a database's error by its code, table and constraint."""
    name = type(error).__name__
    message = _database_message(error) or _own_words(error)
    return f"{name}: {scrub(message)[:MOST_MESSAGE]}" if message else name


def _own_words(error: BaseException) -> str:
    message = _VALUES.sub("", str(error)).strip()
    keep_codes = type(error).__module__.partition(".")[0] in _PACKAGES
    return hide_quoted(message, keep_codes=keep_codes)


def hide_quoted(text: str, *, keep_codes: bool = False) -> str:
    """The text with '…' for each literal in it; `keep_codes` leaves those that are a name of code alone."""

    def hidden(match: re.Match[str]) -> str:
        return match[0] if keep_codes and _CODE.match(match["inside"]) else f"'{HIDDEN}'"

    return _QUOTED.sub(hidden, text)


def _database_message(error: BaseException) -> str:
    """From what psycopg2 tells apart; Django's errors have psycopg2's as their cause."""
    for one in (error, error.__cause__):
        diagnosis = getattr(one, "diag", None)
        code = getattr(diagnosis, "sqlstate", None)
        if code:
            where = (
                getattr(diagnosis, part, None) for part in ("table_name", "column_name", "constraint_name")
            )
            words = hide_quoted(str(getattr(diagnosis, "message_primary", "")).partition("\n")[0])
            return " ".join([f"[{code}]", words, *(name for name in where if name)])
    return ""


def traceback_of(error: BaseException) -> str:
    """The traceback as Python prints it, chain included, with each message as `message_of` gives it."""
    return "\n".join(_blocks(error, set()))


def _blocks(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _blocks(before, seen)
        yield (
            "\nThe above exception was the direct cause of the following exception:\n"
            if error.__cause__
            else "\nDuring handling of the above exception, another exception occurred:\n"
        )
    frames = "".join(traceback.format_tb(error.__traceback__))
    yield f"Traceback (most recent call last):\n{frames}{message_of(error)}"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if id(one) not in seen:
                yield from _blocks(one, seen)
