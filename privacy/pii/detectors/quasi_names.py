"""Words that are none of English and stand capitalised inside a sentence: somebody's or something's name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, words
from privacy.pii.detectors.latin import PARTICLE, UPPER
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import DISTINCT
from privacy.pii.vocabulary import KNOWN

_ONE = rf"[{UPPER}][^\W\d_]*(?:['’-][^\W\d_]{{2,}})*"
_RUN = re.compile(rf"(?<![\w@./'’-]){_ONE}(?: (?:(?:{PARTICLE}) )?(?:{_ONE}|[{UPPER}]\.))*(?![\w@])")


_CONTRACTED = re.compile(r"['’](?:ll|ve|re|m|d|t)$")
_LABELS = words("fax mobile desk office tel email e-mail ceo ceos url bot user")


def _is_name(word: str) -> bool:
    low = word.lower().removesuffix("'s").removesuffix("’s")
    if word.isupper() and len(word) < 5:  # an abbreviation, or shouting
        return False
    if _CONTRACTED.search(low):
        return False
    parts = re.split(r"['’-]", low)
    return (
        len(low) > 1 and low not in _LABELS and any(part not in KNOWN or part in DISTINCT for part in parts)
    )


def _has_name(clues: Clues) -> bool:
    return not KNOWN.issuperset(clues.word_set) or not DISTINCT.isdisjoint(clues.word_set)


@dataclass(frozen=True)
class ProperName:
    """Runs of capitalised words of which one is unknown or a name, from the first such to the last."""

    name: str = "proper-name"
    kinds: frozenset[str] = frozenset({"NAME"})
    language: str | None = "en"
    gate: Gate = Gate(capital=True, also=_has_name)

    def find(self, clues: Clues) -> Iterator[Finding]:
        if clues.text.isupper():
            return
        for run in _RUN.finditer(clues.text):
            parts = [(m.start(), m.end(), m[0]) for m in re.finditer(r"[^\s]+", run[0])]
            named = [at for at, (_s, _e, word) in enumerate(parts) if _is_name(word)]
            if not named:
                continue
            first, last = named[0], named[-1]
            # An ordinary word in front belongs to it inside a sentence ("Port Whangarei"), not at its start.
            begins = run.start() == 0 or clues.text[: run.start()].rstrip()[-1:] in {".", "!", "?", ":", '"'}
            if first and not begins:
                first = 0
            start, end = run.start() + parts[first][0], run.start() + parts[last][1]
            yield Finding(start, end, "NAME", 0.5, self.name)


PROPER_NAME = ProperName()
