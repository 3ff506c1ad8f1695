"""Ways in which people hide words from filters, to measure what they do to the floor. Pure and not random."""

from collections.abc import Callable

_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_CYRILLIC = str.maketrans("aeopcxyAEOPCXBHKMT", "аеорсхуАЕОРСХВНКМТ")
_ZERO_WIDTH = "\u200b"
_EMOJI = "🙂"


def leet(text: str) -> str:
    return text.translate(_LEET)


def lookalikes(text: str) -> str:
    return text.translate(_CYRILLIC)


def zero_width(text: str) -> str:
    """An invisible space after each second letter."""
    return "".join(char + (_ZERO_WIDTH if place % 2 else "") for place, char in enumerate(text))


def spaced(text: str) -> str:
    """Every word as single letters."""
    return "  ".join(" ".join(word) for word in text.split())


def emoji(text: str) -> str:
    """One in the middle of each longer word."""
    return " ".join(
        word[: len(word) // 2] + _EMOJI + word[len(word) // 2 :] if len(word) > 3 else word
        for word in text.split()
    )


def padded(text: str) -> str:
    """Behind a hundred harmless words."""
    return " ".join(["The garden is lovely and the tea is warm today, thank you all."] * 8) + " " + text


DISGUISES: dict[str, Callable[[str], str]] = {
    "leet": leet, "lookalikes": lookalikes, "zero_width": zero_width, "spaced": spaced, "emoji": emoji,
    "padded": padded,
}  # fmt: skip
