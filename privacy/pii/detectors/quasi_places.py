"""Places by list, and by what stands before them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector, words
from privacy.pii.detectors.latin import UPPER
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import DISTINCT_GIVEN, NAMES
from privacy.pii.vocabulary import COUNTRIES, ENGLISH, PLACES

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
_LONGEST = 4  # words of a name
_FIRST = frozenset(place.partition("_")[0] for place in PLACES)
# Without a capital letter these are words more often than places.
_WORDS_TOO = words(
    "turkey china chad jordan georgia guinea mali niger oman nice reading bath cologne phoenix charlotte "
    "lincoln "
    "jackson madison florence orlando austin salem springfield washington victoria sydney jersey"
)


def _names_a_place(clues: Clues) -> bool:
    return not _FIRST.isdisjoint(clues.word_set)


@dataclass(frozen=True)
class Place:
    """The longest name of the list at a word. Capitalised; or a country or large town in lower case."""

    name: str = "location"
    kinds: frozenset[str] = frozenset({"LOCATION"})
    language: str | None = "en"
    gate: Gate = Gate(also=_names_a_place)

    def find(self, clues: Clues) -> Iterator[Finding]:
        found = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(clues.text)]
        at = 0
        while at < len(found):
            taken = _longest(found[at : at + _LONGEST])
            if taken:
                yield Finding(found[at][0], found[at + taken - 1][1], "LOCATION", 0.6, self.name)
            at += taken or 1


def _longest(run: list[tuple[int, int, str]]) -> int:
    """How many of the words that follow each other are one place; 0: none."""
    if run[0][2].lower().split("'")[0].strip(".") not in _FIRST:
        return 0
    for count in range(len(run), 0, -1):
        name = "_".join(word.lower().rstrip(".").removesuffix("'s") for _s, _e, word in run[:count])
        if name in PLACES and _counts(name, [word for _s, _e, word in run[:count]]):
            return count
    return 0


def _counts(name: str, parts: list[str]) -> bool:
    if all(part[0].isupper() for part in parts):
        return name not in DISTINCT_GIVEN or name in COUNTRIES
    return name in COUNTRIES and name not in _WORDS_TOO and not (name in NAMES or name in ENGLISH)


PLACE = Place()

_NAME = (
    rf"(?-i:[{UPPER}])[\w'’.-]*(?:[ -](?:(?:de|del|la|le|am|an|der|di|do|da|i|of|sur|en|les|nad|u|pri)[ "
    rf"-])?(?-i:[{UPPER}])[\w'’.-]*){{0,3}}(?: \(?\d{{1,2}}\)?(?![\d:]))?"
)
_NOT_AFTER = (
    r"(?!(?:I|The|This|That|My|Your|Our|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
    r"|January|February|March|April|May|June|July|August|September|October|November|December|English|French"
    r"|Spanish|German|Chinese)\b)"
)

# What stands before a place and hardly before anything else.
PLACE_AFTER_CUE = PatternDetector(
    name="location-context",
    kind="LOCATION",
    pattern=re.compile(
        rf"\b(?:(?:lives?|lived|living|moved|moving|based|born|raised|arrived|staying|located|returned"
        rf"|travel(?:ling|led)?|went|going|flying|flew|drove) "
        rf"(?:here )?(?:in|to|from|at)|i'm (?:in|from)|i am (?:in|from)|am from|originally from|year in"
        rf"|southern|northern|"
        rf"eastern|western|central|where:|city:|country:|town:|location:|hometown:|birthplace:|back to"
        rf"|around the world to) "
        rf"{_NOT_AFTER}(?P<value>{_NAME})"
        rf"|(?<=[\w)] in ){_NOT_AFTER}(?P<in>{_NAME})(?=[.,;!?]|$| in \d| and\b| which)",
        re.I,
    ),
    score=0.55,
    language="en",
    capital=True,
    check=lambda value: len(value) > 2,
)

CHINESE_PLACE = PatternDetector(
    name="location-chinese",
    kind="LOCATION",
    pattern=re.compile(
        r"(?:北京|上海|天津|重庆|广州|深圳|杭州|南京|成都|武汉|西安|苏州|青岛|大连|厦门|长沙|郑州|沈阳|哈尔滨|济南|昆明|福州|合肥|南昌|宁波|无锡|香港|澳门|台北)市?"
        r"|(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆)(?:省"
        r"|自治区)?"
    ),
    score=0.6,
    language="zh",
    han=True,
)
