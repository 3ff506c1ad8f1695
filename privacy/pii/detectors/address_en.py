"""Street addresses in Latin script.

Number and street, street and number, boxes, corners, and what follows a cue.
"""

import re

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.detectors.postcode import US_STATE
from privacy.pii.vocabulary import is_unknown

_TYPES = (
    "street|str|road|rd|avenue|ave|av|lane|ln|drive|boulevard|blvd|court|crescent|terrace|square"
    "|highway|hwy|parkway"
    "|pkwy|circle|alley|close|gardens|mews|walk|quay|wharf|esplanade|parade|grove|heights|trail"
    "|turnpike|nagar|colony"
)
_TYPES_SHORT = "st|dr|ct|cres|ter|sq|cir|pl|place|way|trl|row|hill|rise|view|pass|loop|plaza|green|park|gate"
_WORD = r"[^\W\d_][^\W\d_'.-]*(?:['.-][^\W\d_]+)*\.?"
_NOT = (
    r"(?!(?:and|is|my|the|for|with|to|in|at|on|of|please|you|i|we|have|want|need|a|an|are|was|or"
    r"|minutes?|miles?|days?"
    r"|hours?|people|from|stars?|pounds?|dollars?|x|am|pm|items?|by|this|that)\b)"
)
_UNIT = (
    r"(?:,? ?\n? ?(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|#|box|p\.? ?o\.? box)\.? ?#?[\w-]+)"
)
# City, region, postal code and country in the usual order; each may be left out, line breaks count as spaces.
_PLACE = r"[^\W\d_][^\W\d_'-]+(?:[-'][^\W\d_]+)*"
_INITIAL = "[A-ZÀ-ÞŠČŽĆĐÕÖÜ]"
_CAPITAL = r"(?-i:[A-ZÀ-ÞŠČŽĆĐÕÖÜ])[^\W\d_]*(?:[-'.][^\W\d_]+)*"
_TAIL = (
    rf"(?:,?\s{{1,3}},?\s?(?:(?:{_CAPITAL})(?: (?:(?:de|del|la|am|an|der|di|do|da|i|of|sur|en|les)(?= "
    rf"{_CAPITAL})|{_CAPITAL})){{0,4}}))?"
    rf"(?:,?\s{{1,3}},?\s?{_CAPITAL}(?: {_CAPITAL})?)?"
    rf"(?:\s?,?\s{{1,3}}(?-i:[A-Z]{{2}}|nan))?(?:\s{{1,3}}{_CAPITAL}(?: {_CAPITAL})?)?"
    rf"(?:,?\s{{1,3}}\d{{4,6}}(?:-\d{{3,4}})?)?"
)
_LOWER_TAIL = (
    rf"(?: (?!(?:my|and|phone|mobile|contact|email|ph|i|the|is)\b){_PLACE}){{0,4}},? {US_STATE}\b"
    r",?(?: \d{4,6})?"
)
_UNITS = rf"(?:{_UNIT}){{0,2}}"

NUMBER_STREET = PatternDetector(
    name="address-street",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?<![\w.$£€-])(?:no\.? ?)?(?:\d{{1,5}} )?\d{{1,6}}[a-z]?(?: ?[-/] ?\d{{1,5}})?,? (?:\d+ ?"
        rf"(?:st|nd|rd|th) )?"
        rf"(?:{_NOT}{_WORD} ){{0,4}}?(?:\d+ ?(?:st|nd|rd|th) )?(?:{_TYPES}|(?:{_TYPES_SHORT})(?![ ]\d*"
        rf"(?:am|pm)))\b\.?"
        rf"(?: (?:east|west|north|south|[nsew]{{1,2}})\b)?(?: \d{{1,4}}\b(?! ?[a-z]))?{_UNITS}"
        rf"(?:{_LOWER_TAIL}|{_TAIL}){_UNITS}",
        re.I,
    ),
    score=0.8,
    language="en",
    digits=1,
    words=words((_TYPES + "|" + _TYPES_SHORT).replace("|", " ")),
)

_STEMS = (
    r"(?:stra(?:ss|ß)e|str\.|gasse|weg|wei|laan|straat|dreef|plein|kade|steeg|gata|gatan|gate|veien"
    r"|vegen|veg|vej|gade"
    r"|stræde|stræti|stien|vägen|katu|kuja|tie|polku|utca|út|tér|körút|ulica|ova|eva|ska|cesta|platz|allee"
    r"|damm|ring|ufer|bakken"
    r"|terrasse|allé|backe|gränd|stígur|vegur|tänav|mnt|puiestee)"
)
_LEADS = (
    r"(?:rue|avenue|boulevard|via|viale|piazza|corso|calle|plaza|avenida|paseo|rua|travessa|praça|ulica|ul\."
    r"|vicolo|impasse|quai)"
)

# How the word before the number ends, or which word stands in front: what every such address has.
_STEM_ENDS = (
    "strasse", "straße", "str", "gasse", "weg", "wei", "laan", "straat", "dreef", "plein", "kade", "steeg",
    "gata", "gatan", "gate", "veien", "vegen", "veg", "vej", "gade", "stræde", "stræti", "stien", "vägen",
    "katu", "kuja", "tie", "polku", "utca", "út", "tér", "körút", "ulica", "ova", "eva", "ska", "cesta",
    "platz", "allee", "damm", "ring", "ufer", "bakken", "terrasse", "allé", "backe", "gränd", "stígur",
    "vegur", "tänav", "mnt", "puiestee",
)  # fmt: skip
_LEAD_WORDS = words(
    "rue avenue boulevard via viale piazza corso calle plaza avenida paseo rua travessa praça ulica ul "
    "vicolo impasse quai"
)

_NUMBERED = re.compile(r"[^\W\d_]\.?,? \d")


def _may_name_a_street(clues: Clues) -> bool:
    return _NUMBERED.search(clues.text) is not None and any(
        word.endswith(_STEM_ENDS) or word in _LEAD_WORDS for word in clues.word_set
    )


STREET_NUMBER = PatternDetector(
    name="address-european",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?<![\w.-])(?:\d{{2,5}} )?(?:(?:{_CAPITAL}[ -]){{0,2}}(?:(?-i:{_INITIAL})[^\W\d_-]*)?"
        rf"(?<=[^\W\d_]){_STEMS}|(?:{_CAPITAL} ){{1,2}}{_STEMS}|{_LEADS}(?: (?:de|del|della|la|le|di|du"
        rf"|do|da|d'))*"
        rf"(?: {_CAPITAL}){{1,3}}),? \d{{1,4}}[a-z]?\b\.?{_UNITS}{_TAIL}{_UNITS}",
        re.I,
    ),
    score=0.78,
    language="en",
    digits=1,
    capital=True,
    need=_may_name_a_street,
    check=lambda value: (
        any(char.isupper() for char in value) and not value.startswith(("During ", "Spring "))
    ),
)


def _names_no_thing(value: str) -> bool:
    """Whether a word between the numbers is none of English: "3 Galaxy 21" is no address."""
    middle = re.split(r"(?<=[^\W\d_]) \d", value, maxsplit=1)[0]
    return any(is_unknown(word) for word in re.findall(r"[^\W\d_]+", middle.lower()))


# "72134 Coronilla 3599", "04862 Victor Hugo u. 49. Suite 638": a name that is no word between two numbers.
BETWEEN_NUMBERS = PatternDetector(
    name="address-numbers",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?<![\w.$£€-])\d{{1,6}}[a-z]?,? (?:(?:{_CAPITAL}|of|de|del|la|des|van)\.? ){{1,4}}(?:u\. "
        rf")?\d{{1,5}}[a-z]?\b\.?"
        rf"{_UNITS}{_TAIL}{_UNITS}",
        re.I,
    ),
    score=0.72,
    language="en",
    digits=2,
    capital=True,
    need=lambda clues: _NUMBERED.search(clues.text) is not None,
    check=_names_no_thing,
)

# "09457 Vana-Viru 25 Apt. 971", "0269 Stensås terrasse 38\n Suite 621": two numbers around a name, then a
# unit.
NUMBERED_NAME_UNIT = PatternDetector(
    name="address-unit",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?<![\w.-])(?:\d{{1,6}} )?{_CAPITAL}?(?: ?[^\W\d_][\w'.-]*){{0,4}}(?: \d{{1,4}}[a-z]?\.?)"
        rf"?,?\s{{1,2}}"
        rf"(?:apt|suite|ste|unit|flat)\b\.? ?#?\d+[a-z]?{_TAIL}",
        re.I,
    ),
    score=0.76,
    language="en",
    digits=1,
    words=words("apt suite ste unit flat"),
    check=lambda value: sum(part[0].isdigit() for part in value.split()) > 1,
)

BOX = PatternDetector(
    name="address-box",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?<!\w)(?:(?:unit|psc|cmr) \d+,? box \d+|p\.? ?o\.? ?box \d+|(?:uss|usns|usnv|uscgc) [^\W\d_]+)"
        rf"(?:,?\s{{1,2}}[fda]po,? [a-z]{{2}} \d{{5}}|{_UNITS}{_TAIL})",
        re.I,
    ),
    score=0.85,
    language="en",
    digits=1,
    words=words("box uss usns usnv uscgc"),
)

CORNER = PatternDetector(
    name="address-corner",
    kind="ADDRESS",
    pattern=re.compile(
        rf"\b(?:the )?corner of [\w.' -]{{3,40}}? and {_CAPITAL}(?: {_CAPITAL}){{0,2}}(?: \d+)?", re.I
    ),
    score=0.78,
    language="en",
    words=words("corner"),
)

_STOP = (
    r"(?=\s*(?:[?!;\"]|\.(?:\s|$)|$"
    r"|\b(?:for|and|my|phone|contact|mobile|ph|email|mail|please|is|thanks?|card|fax|desk)\b))"
)

ADDRESS_IN_CONTEXT = PatternDetector(
    name="address-context",
    kind="ADDRESS",
    pattern=re.compile(
        r"\b(?:address|adress|addres|addrss|lives? (?:at|on)|living at|located at|office is at|sent to"
        r"|send it to|deliver(?:ed)? (?:it )?to"
        r"|ship(?:ped)? (?:it )?to|moved to|residing at|it's in|location)\b[\"']?"
        r"(?:[ :\n.\"'-]|\b(?:is|as|at|to|was|with|from|of|for)\b)*"
        r"(?P<value>(?:no\.? ?)?(?=(?:[^\s@]+ ){0,4}#?\d)(?!\d{1,3}(?:\.\d+){2,3}|and\b|postcode\b"
        r"|are\b)[\w#][\w .,'/#()&-]{5,90}?(?:\n[^\n?!;:]{1,40}){0,4}?)" + _STOP,
        re.I,
    ),
    score=0.74,
    language="en",
    digits=1,
    words=words(
        "address adress addres addrss lives live living located office sent send deliver delivered "
        "ship shipped moved residing s location"
    ),
    check=lambda value: (
        len(value.split()) > 1
        and any(char.isdigit() for char in value)
        and "@" not in value
        and "http" not in value
    ),
)
