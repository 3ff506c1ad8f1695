"""Which language a text is in, or that this cannot be told. By py3langid (Lui and Baldwin 2012, "langid.py:
An off-the-shelf language identification tool"), whose model comes with the package: nothing is downloaded."""

import re
from functools import lru_cache
from typing import Any

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*_\d+\]|https?://\S+|\S+@\S+")
_NONE = {"zxx", "und"}  # no language at all
LETTERS = 12  # fewer tell nothing; of scripts without spaces a third
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def language_of(text: str, *, sure: float) -> tuple[str, float]:
    """(code, 0..1), the code "" where the text is too short or the identifier not as sure as `sure`."""
    words = without_placeholders(text)
    letters = sum(map(str.isalpha, words)) + 2 * len(_DENSE.findall(words))
    if letters < LETTERS:
        return "", 0.0
    code, confidence = _identifier().classify(words)
    return (code if confidence >= sure and code not in _NONE else ""), float(confidence)


def without_placeholders(text: str) -> str:
    """What its author wrote: addresses and what was put in for personal data are of no language."""
    return _PLACEHOLDER.sub(" ", text)


def is_among(code: str, languages: list[str]) -> bool:
    """Whether "en" is among ["en-GB", "zh-Hans"]: regions and scripts aside."""
    return code in {one.lower().replace("_", "-").split("-")[0] for one in languages}


@lru_cache(maxsize=1)
def _identifier() -> Any:
    # Seconds to load: only where a text is read.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
