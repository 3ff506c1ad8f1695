"""Replacing personal data in what people type."""

from collections import Counter

from privacy.pii.beside import replace_by
from privacy.pii.payload import known_language
from privacy.pii.redactor import Redactor


def redact_text(text: str, *, language: str | None = None) -> str:
    """One free text (a comment, a reason, feedback) with typed placeholders for personal data."""
    return replace_typed(text, language=language)[0]


def replace_typed(text: str, *, language: str | None = None) -> tuple[str, Counter[str]]:
    """The same, and how many of each kind were replaced."""
    redactor = Redactor(policy="placeholder", secret=None, language=known_language(language or ""))
    return replace_by(redactor, text)
