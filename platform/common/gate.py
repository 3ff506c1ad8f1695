"""The gate for what people type, for the apps below the one that knows how to find personal data.

privacy sets it from `AppConfig.ready`; the apps above call `privacy.services.redaction` themselves.
"""

from collections.abc import Callable


def _as_typed(text: str) -> str:
    return text


_gate: list[Callable[[str], str]] = [_as_typed]


def set_gate(replace: Callable[[str], str]) -> None:
    _gate[0] = replace


def through_gate(text: str) -> str:
    """The text with personal data replaced by placeholders."""
    return _gate[0](text)
