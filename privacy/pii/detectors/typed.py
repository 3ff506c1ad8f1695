"""What people type in a row without signs: "yasika confirmation number 6 yt 5 ry", "new delhi 700 078".

Each is read only where it begins or fills a turn, or follows its cue, so that prose is left alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector, words
from privacy.pii.detectors.postcode import US_STATE
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import GIVEN, NAMES
from privacy.pii.vocabulary import ENGLISH, is_full_name, is_place, may_be_name

_OPENING = (
    r"(?:(?:yes|yup|yeah|ok|okay|sure|thanks|thank you|hi|hello|hey|here|its|it's|i am|im|i'm|and),? )*"
)
_CUE = (
    r"(?:booking|confirmation|conformation|confirm|reservation|ssn|social|password|passwrod|pasword|pswd"
    r"|account|"
    r"acc|ac|claim|policy|order|card|phone|mobile|ph|email|zip|address|username)"
)
_CUES = words(
    "booking confirmation conformation confirm reservation ssn social password passwrod pasword pswd "
    "account acc "
    "ac claim policy order card phone mobile ph email zip address username"
)


def _are_names(value: str) -> bool:
    parts = value.lower().split()
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts.pop()
    if any(len(part) < 2 for part in parts) or (is_place(parts) and parts[0] not in NAMES):
        return False
    listed = [part for part in parts if part in NAMES]
    fresh = [part for part in parts if part not in NAMES and may_be_name(part)]
    if len(listed) + len(fresh) < len(parts):
        return False
    first = parts[0]
    return bool(fresh) or first in GIVEN and (first not in ENGLISH or is_full_name(first, parts[-1]))


# "muthuraja ssn 9876", "alejandrol and the booking confirmation number ..."
NAME_BEFORE_CUE = PatternDetector(
    name="person-before-cue",
    kind="PERSON",
    pattern=re.compile(
        rf"\A{_OPENING}(?:(?:the )?name(?: is|:)? )?"
        rf"(?P<value>[^\W\d_]+(?: [^\W\d_]+){{0,2}}?),? (?:and )?(?:(?:my|the|last|four|digits?) )*"
        rf"(?:{_CUE}\b|\d{{3}})",
        re.I,
    ),
    score=0.72,
    language="en",
    digits=2,
    check=_are_names,
    need=lambda clues: len(clues.words) < 24,
)

_PIECE = r"(?:[a-z]{1,6}|\d{1,9})"

# "confirmation number 12 tvi 7": letters and digits in turn up to the end of the turn.
SPACED_CODE = PatternDetector(
    name="reference-spaced",
    kind="BOOKING",
    pattern=re.compile(
        r"\b(?:booking|confirmation|conformation|reservation|reference|claim|policy|order|pnr|password"
        r"|passwrod)"
        r"(?: (?:confirmation|number|num|no|id|code|is|as|it))* "
        rf"(?P<value>(?=[a-z ]*\d)(?:(?!(?:and|my|the|for|is|number|no|please)\b){_PIECE})"
        rf"(?: (?!(?:and|my|the|for|please|to|in|at|on)\b){_PIECE}){{0,8}})\s*\Z",
        re.I,
    ),
    score=0.75,
    language="en",
    digits=1,
    words=words(
        "booking confirmation conformation reservation reference claim policy order pnr password passwrod"
    ),
    check=lambda value: re.search(r"\d", value) is not None and len(re.sub(r"\W", "", value)) > 3,
)

# "ac no 6666", "7485 ssn"
ACCOUNT_SHORT = PatternDetector(
    name="account-short",
    kind="ACCOUNT",
    pattern=re.compile(r"\b(?:ac|a c)(?: (?:no|num|number|is))* (?P<value>\d{3,19})\b", re.I),
    score=0.78,
    language="en",
    digits=3,
    words=words("ac c"),
)
SSN_BEFORE_CUE = PatternDetector(
    name="ssn-before-cue",
    kind="SSN",
    pattern=re.compile(r"(?<![\d-])(?P<value>\d{4}|\d{9}|\d{3} \d{2} \d{4}) (?:is (?:my|the) )?ssn\b", re.I),
    score=0.8,
    language="en",
    digits=4,
    words=words("ssn"),
)

_NUMBERS = re.compile(
    r"\A(?:(?:yes|ok|okay|sure|yup)[ ,]+)*(\d{4,19})(?:,? (?:and )?|,)(\d{4,19})(?:(?:,? (?:and )?"
    r"|,)(\d{4,19}))?\W*\Z",
    re.I,
)


@dataclass(frozen=True)
class Numbers:
    """ "4528 and 4862": a turn of nothing but two or three numbers."""

    name: str = "numbers"
    kinds: frozenset[str] = frozenset({"NUMBER"})
    language: str | None = "en"
    gate: Gate = Gate(digits=8, also=lambda clues: len(clues.text) < 70 and len(clues.words) < 5)

    def find(self, clues: Clues) -> Iterator[Finding]:
        if match := _NUMBERS.match(clues.text):
            for group in (1, 2, 3):
                if match[group]:
                    yield Finding(*match.span(group), "NUMBER", 0.65, self.name)


NUMBERS = Numbers()

_PLACE_CODE = re.compile(
    r"\A(?:(?:yes|ok|okay|sure|yup|current city|city|from)[ ,]+)*"
    r"(?P<place>[^\W\d_]+(?:[ ][^\W\d_]+){0,3}?),?\s+(?:and )?(?P<code>\d{3} ?\d{2,9})\W*\Z",
    re.I,
)


@dataclass(frozen=True)
class PlaceWithCode:
    """ "new delhi 700 078": a turn of a place and its postal code. The place alone tells nobody's address."""

    name: str = "postcode-place"
    kinds: frozenset[str] = frozenset({"POSTCODE"})
    language: str | None = "en"
    gate: Gate = Gate(digits=5, also=lambda clues: 0 < len(clues.words) < 7)

    def find(self, clues: Clues) -> Iterator[Finding]:
        match = _PLACE_CODE.match(clues.text)
        if match and is_place(match["place"].lower().replace(" and", "").split() or ["?"]):
            yield Finding(*match.span("code"), "POSTCODE", 0.75, self.name)


PLACE_WITH_CODE = PlaceWithCode()

# Words of the rest of a sentence: a street has none of them.
_NO_ADDRESS = words(
    "my is are was and number numbers no ssn social account acc ac card password pin order booking "
    "confirmation "
    "claim policy phone mobile email please i you we they the this that have has need want can could will "
    "would "
    "do does did not for with about from by when what where how why please thanks thank dollars usd items "
    "people "
    "days hours minutes night nights rooms star stars tickets flight flights leave leaving arrive"
)


def _is_address(value: str) -> bool:
    parts = [part.strip(",.-#").lower() for part in value.split()]
    letters = [part for part in parts if part.isalpha()]
    return _NO_ADDRESS.isdisjoint(parts) and sum(len(part) > 2 for part in letters) > 0 and len(parts) > 2


_END = r"(?=\W*\Z|,? (?:phone|ph|mobile|contact|email|and my|my|is my)\b)"

# A number first, a state or a postal code last: "25737 us rt 11 evans mills ny 13637".
ADDRESS_LINE = PatternDetector(
    name="address-line",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?<![\w.$£€#-])(?P<value>#?\d{{1,6}}[a-z]?,?(?:[ \n\t,]+[\w.'#/&-]+){{1,14}}?"
        rf"(?:[ \n\t,]+{US_STATE},?[ \n\t]+\d{{5,6}}(?:-\d{{4}})?|[ \n\t,]+{US_STATE}|[ \n\t,]+\d{{5,7}})"
        rf"(?:,? (?:us|usa|india|uk))?){_END}",
        re.I,
    ),
    score=0.72,
    language="en",
    digits=2,
    check=_is_address,
    need=lambda clues: 1 < len(clues.words) < 40,
)

# "new address sunder lane sangeth plaza roadir": no number, up to the end of the turn.
_STREETS = words(
    "street st road rd avenue ave lane ln drive dr plaza court place square nagar colony cross salai main "
    "building apartment apartments flat floor block sector phase layout garden gardens city town village "
    "near "
    "opposite behind park hill hills north south east west house villa towers residency"
)


def _reads_like_an_address(value: str) -> bool:
    parts = [part.strip(",.-#").lower() for part in value.split()]
    known = sum(part in _STREETS or is_place([part]) or may_be_name(part) for part in parts if part)
    return _NO_ADDRESS.isdisjoint(parts) and known * 2 >= len(parts) and len(parts) > 1


ADDRESS_WORDS = PatternDetector(
    name="address-words",
    kind="ADDRESS",
    pattern=re.compile(
        r"\b(?:address|adress|addrss|addres)(?: (?:is|as|to|was|at|it|it's|its|will|be|would|change"
        r"|changed))*[:,]? "
        r"(?P<value>[^\W\d_][\w .,'/#()&-]{4,90}?)\s*\Z",
        re.I,
    ),
    score=0.7,
    language="en",
    words=words("address adress addrss addres"),
    check=_reads_like_an_address,
)
