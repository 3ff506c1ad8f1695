"""Replacing personal data in what people type."""

from privacy.pii.payload import known_language
from privacy.pii.redactor import Redactor


def redact_text(text: str, *, language: str | None = None) -> str:
    """One free text (a comment, a reason, feedback) with typed placeholders for personal data."""
    redactor = Redactor(policy="placeholder", secret=None, language=known_language(language or ""))
    return redactor.redact_turns([text]).texts[0]
