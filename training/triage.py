"""Which complaints come first. Pure."""

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

from tasks_app.fields.payload import turn_texts

_MARKS = re.compile(r"[\W_]+")
_LOW, _HIGH = 2, 4  # stars: up to the first is discontent, from the second on content


def digest_of(payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the words alone, so that case, spaces and marks make no other text.

    Of a text without a word (an emoji) the marks are all there is, and count.
    """
    texts = [*turn_texts(payload), *(one["text"] for one in payload.get("candidates") or ())]
    words = [_words(text.casefold()) for text in texts]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def _words(text: str) -> str:
    return _MARKS.sub(" ", text).strip() or text.strip()


def is_content(*, thumbs: int | None, rating: int | None, correction: Any, value: Any) -> bool | None:
    """What a voice says in all: a correction to something else is discontent, whatever the stars.

    None where it says neither (a comment alone, three stars).
    """
    if correction is not None and correction != value:
        return False
    if thumbs is not None:
        return thumbs > 0
    if rating is not None and not _LOW < rating < _HIGH:
        return rating >= _HIGH
    return True if correction is not None else None


def priority(*, confidence: float, content: int, voices: int, volume: int) -> float:
    """Doubt times volume: (1 - confidence x (content + 1) / (voices + 2)) x log2(1 + volume).

    The model's own confidence is believed as far as people are content, by Laplace's rule of succession; the
    tenth asking of a text counts less than the second.
    """
    return (1 - confidence * (content + 1) / (voices + 2)) * math.log2(1 + volume)
