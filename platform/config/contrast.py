"""The tokens of the design, and how well one colour can be read on another."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "static" / "css" / "tokens.css"
_token = re.compile(r"^\s*(--[\w-]+):\s*([^;]+);", re.MULTILINE)
_both = re.compile(r"light-dark\(\s*([^,]+),\s*([^)]+)\)")


@cache
def tokens(theme: str) -> dict[str, str]:
    """Each token's value in a theme, "light" or "dark"."""
    found = dict(_token.findall(TOKENS.read_text(encoding="utf-8")))
    place = 1 if theme == "light" else 2
    return {
        name: both[place].strip() if (both := _both.fullmatch(value)) else " ".join(value.split())
        for name, value in found.items()
    }


def contrast(known: dict[str, str], ink: str, surface: str) -> float:
    """Of two tokens, 1 to 21."""
    return ratio(known[ink], known[surface])


def ratio(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio" of two colours as #rgb or #rrggbb: (lighter + 0.05) / (darker + 0.05)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance": linear light of sRGB, weighted by what the eye sees; 0 to 1."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = (_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
