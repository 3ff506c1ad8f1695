"""In which languages and scripts a post is written: a floor holds only for those that it was tested in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from privacy.pii.vocabulary import KNOWN
from training.analysis.languages import language_of, without_placeholders

FEWEST = 20  # calibration posts of a language or script, fewer have tested nothing
# Of a short text whose language nobody can tell. No floor is ever tested in it.
UNDECIDED = "undecided"
# Scripts that one language is written in, or nearly so: there a single letter tells it.
_OWN = {
    "cjk": "zh", "hiragana": "ja", "katakana": "ja", "hangul": "ko", "greek": "el", "hebrew": "he",
    "thai": "th", "armenian": "hy", "georgian": "ka",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTENED = (re.compile(r"n['’]t$"), re.compile(r"['’](?:t|s|re|ve|ll|d|m)$"))  # don't, can't, it's


def tongues_of(text: str) -> list[str]:
    """Every script in it ("script:latin"), and its likeliest language ("en").

    Of a text that is too short for the identifier the language is told by a script of its own or by a list of
    English words, all of which must stand there; else it is UNDECIDED. A text without letters has no tongue.
    """
    plain = unicodedata.normalize("NFKC", text)
    scripts = {unicodedata.name(char, "UNKNOWN").split()[0].lower() for char in plain if char.isalpha()}
    if not scripts:
        return []
    language = language_of(text, sure=0.0)[0] or _of_short(without_placeholders(plain), scripts)
    return sorted({f"script:{name}" for name in scripts} | {language})


def _of_short(text: str, scripts: set[str]) -> str:
    """Japanese is written in Chinese characters as well, so that its own syllables outweigh these."""
    told = {_OWN.get(name, "") for name in scripts}
    if "" not in told:
        return "ja" if "ja" in told else min(told) if len(told) == 1 else UNDECIDED
    words = [word.casefold() for word in _WORD.findall(text)]
    return "en" if scripts == {"latin"} and all(map(_is_english, words)) else UNDECIDED


def _is_english(word: str) -> bool:
    return word in KNOWN or any(end.search(word) and end.sub("", word) in KNOWN for end in _SHORTENED)


def heard_in(spoken: Iterable[Iterable[str]]) -> list[str]:
    """Those that enough of the calibration posts are written in."""
    counts = Counter(tongue for one in spoken for tongue in one if tongue != UNDECIDED)
    return sorted(tongue for tongue, count in counts.items() if count >= FEWEST)
