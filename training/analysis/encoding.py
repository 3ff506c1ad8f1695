"""Texts that were read in the wrong encoding somewhere on their way, and how they probably read before.

The repair is ftfy's (Speer 2019, "ftfy"), which undoes a mistaken decoding only where the result is plainly
better; curly quotes, ligatures and widths of characters are left as they are.
"""

from ftfy import fix_encoding

REPLACEMENT = "\ufffd"
MOJIBAKE, LOST, CONTROL = "mojibake", "replacement", "control"


def damage_of(text: str) -> str:
    """MOJIBAKE, LOST (a character was replaced and cannot be had back), CONTROL, or "" for a sound text."""
    if text.isascii():
        return CONTROL if any(_is_control(one) for one in text) else ""
    if fix_encoding(text) != text:
        return MOJIBAKE
    if REPLACEMENT in text:
        return LOST
    return CONTROL if any(_is_control(one) for one in text) else ""


def repaired(text: str) -> str:
    """The suggestion: decoded anew, control characters left out. What was lost stays marked."""
    return "".join(one for one in fix_encoding(text) if not _is_control(one))


def _is_control(one: str) -> bool:
    return (ord(one) < 32 and one not in "\t\n\r") or 0x7F <= ord(one) <= 0x9F
