"""In which languages and scripts a post is written: a floor holds only for those that it was tested in."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from training.analysis.languages import language_of

FEWEST = 20  # calibration posts of a language or script, fewer have tested nothing


def tongues_of(text: str) -> list[str]:
    """Every script in it ("script:latin"), and the likeliest language ("en") where it is long enough to tell.

    Of a short text only the script is known. One without letters has no tongue at all.
    """
    plain = unicodedata.normalize("NFKC", text)
    names = (unicodedata.name(char, "UNKNOWN").split()[0].lower() for char in plain if char.isalpha())
    language = language_of(text, sure=0.0)[0]
    return sorted({f"script:{name}" for name in names} | ({language} if language else set()))


def heard_in(spoken: Iterable[Iterable[str]]) -> list[str]:
    """Those that enough of the calibration posts are written in."""
    counts = Counter(tongue for one in spoken for tongue in one)
    return sorted(tongue for tongue, count in counts.items() if count >= FEWEST)
