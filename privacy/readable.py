"""Rows that are JSON, as a page that a person can read. One row at a time, so that a million fit."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

SHOWN = 2000  # rows of a page; the JSON file beside it has all of them


def page_of(title: str, language: str, rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """An HTML document without script, in the language that is active."""
    yield (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="../style.css"></head><body><p><a href="index.html">'
        f"{escape(_('Everything that is held'))}</a></p><h1>{escape(title)}</h1>"
    )
    number = 0
    for number, row in enumerate(rows, start=1):
        if number > SHOWN:
            yield f"<p>{escape(_('The rest stands in the JSON file.'))}</p>"
            break
        yield f"<article><h2>{number}</h2>{_value(row)}</article>"
    if number == 0:
        yield f"<p>{escape(_('Nothing of this kind is held about you.'))}</p>"
    yield "</body></html>"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = "".join(
            f"<dt>{escape(str(name).replace('_', ' '))}</dt><dd>{_value(one)}</dd>"
            for name, one in value.items()
        )
        return f"<dl>{pairs}</dl>"
    if isinstance(value, list):
        return f"<ol>{''.join(f'<li>{_value(one)}</li>' for one in value)}</ol>" if value else "–"
    if isinstance(value, bool):
        return escape(_("yes") if value else _("no"))
    return "–" if value in (None, "") else escape(str(value))
