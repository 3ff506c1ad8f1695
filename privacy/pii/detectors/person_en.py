"""Personal names in Latin script: by the words around them, by gazetteer, by the endings of family names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON, DISTINCT, DISTINCT_GIVEN, FAMILY, GIVEN, ORDINARY

_UPPER = r"A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻĽŁŃŅŇŐŒŔŘŚŞŠŤŪŮŰŲŹŻŽ"
_NAME = rf"(?-i:[{_UPPER}])(?:[^\W\d_]|['-](?=[^\W\d_]))*"
_PARTICLE = r"(?:de|da|dos|di|del|della|van|von|der|den|la|le|bin|ibn|al|el|ten|ter|zu)"
_CAPITALISED = rf"{_NAME}(?: (?:{_NAME}\.?|{_PARTICLE}(?= ))){{0,4}}"
_PLAIN = rf"(?-i:[{_UPPER}])(?:[^\W\d_]|['-](?=[^\W\d_]{{2}}))*"
_INITIAL = rf"(?-i:[{_UPPER}])\.?"
_ANY = r"[^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_]))*"
_TITLES = (
    r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|mister|doctor|herr|frau|señor|señora|rev|capt|sgt)"
)

# After these a run of words is a name until an ordinary word comes; whether it is one is decided word by
# word.
_NOT_A_PERSONS = "".join(
    rf"(?<!\b{thing} )"
    for thing in (
        "user", "city", "file", "company", "product", "brand", "hotel", "restaurant",
        "domain", "street", "model", "shop",
    )
)  # fmt: skip
_CUES = re.compile(
    r"(?:\b(?:my|full|first|last|sur|family|given|the|his|her|customer'?s?|passenger'?s?|holder'?s?"
    r"|account|middle|on)"
    r" ?(?:full |first |last |sur|given |middle |good )?name(?:'s|s)?(?: (?:is|was|as|for|on it is"
    r"|would be|will be)\b|\s?[:=-])?"
    rf"|(?<!\w){_NOT_A_PERSONS}[\"']?(?:full |first |last |sur )?name[\"']?\s?(?:is|:|=|-)|^name\b"
    r"|\b(?:this is|it's|its|i am|i'm|im|i’m|me is|call me|called|named|speaking (?:is|with|to)|under)"
    r"\b|\bmyself\b"
    r"|\bname(?: on the account)?\?(?: (?:user:|it's|a:|customer:))?"
    r"|\b(?:dear|hi|hello|hey|hai|thanks|thank you|regards|sincerely|cheers|bye|morning|afternoon"
    r"|evening)\b,?"
    r"|\b(?:patient|maintainer|surgeon|contact|cc|to|from|re|attn|attention|name on (?:the )?card"
    r"|provider|kin|holder"
    r"|directed by|signed(?: by)?|author|guest|passenger|beneficiary|recipient|sender):\s*)",
    re.I,
)
_WEAK = re.compile(
    r"(?:name$|speaking to|this is|it's|its|i am|i'm|im|hi|hello|hey|hai|thanks|thank you|morning"
    r"|afternoon|evening|bye|called|under|dear|cheers"
    r"|regards|sincerely|named|(?:patient|contact|cc|to|from|re|attn|attention|provider|guest|author):)",
    re.I,
)
_GREETING = re.compile(
    r"(?:dear|hi|hello|hey|this is|i am|i'm|regards|sincerely|(?:patient|attn|guest|author):)", re.I
)
_CONTRACTED = re.compile(r"'(?:m|ll|re|ve|d|t|s)$")
_STARTS = words(
    "name names named im my myself this hi hello hey hai dear mr mrs ms miss dr prof thanks thank "
    "regards sincerely "
    "speaking call called bye morning afternoon evening surname i it its under patient maintainer "
    "surgeon contact cc to "
    "from re attn attention provider kin holder directed signed author guest passenger beneficiary "
    "recipient sender cheers"
)
_WORD = re.compile(rf"(?:{_ANY})\.?")
_NO_NAME = COMMON - GIVEN - FAMILY | words(
    "and is my the i email mail phone ssn zip password number order thanks from with at on in to a an "
    "not no only or by for "
    "mailid id mobile last first booking confirmation sir madam team there again speaking here "
    "account policy claim what whats"
)
_ROLES = words(
    "agent assistant bot user customer sir madam operator support manager team everyone all guys "
    "folks there folks"
)


@dataclass(frozen=True)
class NameAfterCue:
    """ "my name is …", "this is …", "Dear …": the name-like words that follow, at most four."""

    name: str = "person-context"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"

    def wanted(self, clues: Clues) -> bool:
        return not _STARTS.isdisjoint(clues.word_set)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for cue in _CUES.finditer(clues.text):
            weak = _WEAK.match(cue[0].strip()) is not None
            greeted = _GREETING.match(cue[0].strip()) is not None
            linked = not cue[0].rstrip().endswith("name")
            span = name_at(clues.text, cue.end(), weak=weak, greeted=greeted, linked=linked)
            if span:
                yield Finding(*span, "PERSON", 0.75 if weak else 0.86, self.name)


def name_at(
    text: str, start: int, *, weak: bool, greeted: bool = False, linked: bool = True
) -> tuple[int, int] | None:
    """The name that begins at `start`.

    After a weak cue it has to be a known name, or capitalised after a greeting.
    """
    skip = re.compile(r"(?:[\s:,\"'(.-]|\b(?:is|as|mr|mrs|ms|dr|the)\b\.? ?)*", re.I).match(text, start)
    begin = at = skip.end() if skip else start
    found: list[str] = []
    while len(found) < 4 and (match := _WORD.match(text, at)):
        word = match[0].rstrip(".")
        goes_on = text[match.end() : match.end() + 1]  # "cminh730" and "anna@..." are no names
        if goes_on.isdigit() or goes_on in {"_", "@"}:
            return None
        if word.lower() in _NO_NAME or (found and word[0].islower() and found[0][0].isupper()):
            break
        found.append(word)
        word = re.sub(r"'s$", "", word)
        end = match.start() + len(word) + (1 if len(word) == 1 and match[0].endswith(".") else 0)
        at = match.end() + (1 if text[match.end() : match.end() + 1] == " " else 0)
        if at == match.end():
            break
    if not found or not _credible(found, weak, greeted, linked):
        return None
    return begin, end


def _credible(found: list[str], weak: bool, greeted: bool, linked: bool) -> bool:
    low = [word.lower() for word in found]
    if low[0] in _ROLES or len("".join(low)) < 2:
        return False
    if not weak:
        return low[0] not in COMMON or (low[0] in GIVEN | FAMILY and (linked or len(low) > 1))
    if any(_CONTRACTED.search(word) or word in _NO_PERSON_AFTER for word in low):
        return False
    capitalised = all(word[0].isupper() and not word.isupper() for word in found)
    if low[0] in DISTINCT:
        return True
    if low[0] in ORDINARY:
        return capitalised and low[0] in GIVEN | FAMILY and (len(low) > 1 and low[1] not in COMMON)
    return capitalised and greeted and low[0] not in COMMON and len(found[0]) > 2


TITLED = PatternDetector(
    name="person-title",
    kind="PERSON",
    pattern=re.compile(
        rf"(?<!\w)(?:{_TITLES}\.? ){{1,2}}(?:{_CAPITALISED}|(?!(?:{'|'.join(sorted(_ROLES))}|or|and|i"
        rf"|you|please|can|is)\b){_ANY}(?= |$|[.,]))",
        re.I,
    ),
    score=0.88,
    language="en",
    words=words("mr mrs ms mx dr prof professor mister herr frau"),
    check=lambda value: value.split()[-1].lower().rstrip(".") not in COMMON - GIVEN - FAMILY,
)

_NO_PERSON_AFTER = words(
    "street st road rd avenue ave lane ln drive dr college hotel house restaurant park court square "
    "bridge station airport "
    "museum university school church hospital theatre theater cinema bank inc llc ltd corp company "
    "group gmbh guest lodge "
    "bar cafe kitchen pub inn place way blvd boulevard city county island river lake hall gallery "
    "club centre center "
    "services guesthouse avenue orchestra band foundation mall shop stores pizza terrace gardens "
    "green close novel"
)


_FULL = rf"{_PLAIN}(?: (?:{_INITIAL}|{_PARTICLE}))* {_PLAIN}"

# A full name, by what it does or by a middle initial: no company speaks, flies or has a concert.
FULL_NAME = PatternDetector(
    name="person-full",
    kind="PERSON",
    pattern=re.compile(
        rf"(?<![\w'.-])(?:{_PLAIN} (?-i:[{_UPPER}])(?:\. |  ?){_PLAIN}"
        rf"|{_FULL}(?='s (?:album|song|concert)| (?:concert|is speaking|will be talking|lives at|lives "
        rf"on|flew to|shouted"
        rf"|said|says|is a \d|explained|listed|spent a year)\b))"
    ),
    score=0.72,
    language="en",
    need=lambda clues: clues.text != clues.lower,
    check=lambda value: (
        not any(part.lower() in COMMON - GIVEN - FAMILY for part in value.split() if len(part) > 1)
        and _NO_PERSON_AFTER.isdisjoint(value.lower().split())
        and not value.endswith((" I", " A"))
    ),
)

# The lines of a signature or an address label: two or three capitalised words alone on the first line.
LABEL = PatternDetector(
    name="person-label",
    kind="PERSON",
    pattern=re.compile(rf"\A[>?# ]{{0,5}}(?P<value>{_FULL}|{_PLAIN} {_PLAIN} {_PLAIN})[ \t]*\n(?=[\s\S]*\d)"),
    score=0.7,
    language="en",
    digits=3,
    need=lambda clues: "\n" in clues.text,
    check=lambda value: (
        not value.isupper()
        and not any(
            part.lower() in COMMON - GIVEN - FAMILY or part.lower() in _NO_PERSON_AFTER
            for part in value.split()
        )
    ),
)

# Endings that family names have and English words have not.
_ENDINGS = re.compile(
    r"[^\W\d_]{2,}(?:sson|sdóttir|ssen|nsen|rsen|lsen|ović|ević|ová|enko|enka|wski|wska|czyk|ński|ńska"
    r"|ovich|evich|shvili|adze"
    r"|escu|opoulos|akis|idis|[^aeiou]ov|[^aeiou]ova|yev|yeva|ayev|ayeva|ievic|quist|qvist|strøm|ström"
    r"|gaard|dahl|holm|nen|manyan|ueva|iyev)$"
)
_RUN = re.compile(rf"{_PLAIN}(?:[ ](?:{_PLAIN}|{_INITIAL}|{_PARTICLE}(?= {_PLAIN})))*")


@dataclass(frozen=True)
class NameInText:
    """Capitalised runs with a known given name in front, or a family name known by list (second) or
    ending.
    """

    name: str = "person-gazetteer"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"

    def wanted(self, clues: Clues) -> bool:
        if clues.text == clues.lower:
            return False
        return not DISTINCT.isdisjoint(clues.word_set) or any(
            len(word) > 4 and _ENDINGS.match(word) for word in clues.word_set
        )

    def find(self, clues: Clues) -> Iterator[Finding]:
        for run in _RUN.finditer(clues.text):
            span = person_in_run(clues.text, run.start(), run[0])
            if span:
                yield Finding(*span, "PERSON", 0.7, self.name)


def person_in_run(text: str, offset: int, run: str) -> tuple[int, int] | None:
    """The part of a capitalised run that is a person, as a span of `text`.

    Ordinary words in front are left out.
    """
    parts = [(match.start(), match.end(), match[0].rstrip(".")) for match in re.finditer(r"\S+", run)]
    while (
        parts and (parts[0][2].lower() in COMMON or parts[0][2].lower() in _LEADING) and not _goes_on(parts)
    ):
        parts.pop(0)
    parts = parts[:5]
    while parts and parts[-1][2].lower() in COMMON - GIVEN - FAMILY:
        parts.pop()
    if not parts or any(part[2].lower() in _NO_PERSON_AFTER for part in parts):
        return None
    end = offset + parts[-1][1]
    following = re.match(r" ([^\W\d_]+)", text[end : end + 24])
    if following and following[1][0].isupper() and following[1].lower() in _NO_PERSON_AFTER:
        return None
    first, last = parts[0][2], parts[-1][2]
    known = first.lower() in DISTINCT_GIVEN and not first.isupper()
    second = len(parts) > 1 and (first.lower() in GIVEN or last.lower() in FAMILY - COMMON)
    ending = _ENDINGS.match(last) is not None and last.lower() not in COMMON
    if not (known or second or ending or (len(parts) == 1 and first.lower() in FAMILY - COMMON)):
        return None
    stop = end - (1 if text[end - 1] == "." and len(last) > 1 else 0)
    return offset + parts[0][0], stop


def _goes_on(parts: list[tuple[int, int, str]]) -> bool:
    """Whether an ordinary first word is a given name because a family name follows ("Will Smith")."""
    if len(parts) < 2 or parts[0][2].lower() not in GIVEN:
        return False
    following = parts[1][2].lower()
    return following in FAMILY or len(following) == 1 or _ENDINGS.match(parts[1][2]) is not None


_LEADING = words(
    "patient producer attending nurse rn maintainer from re cc author director songwriter singer "
    "actor with by"
)

NAME_AFTER_CUE = NameAfterCue()
NAME_IN_TEXT = NameInText()
