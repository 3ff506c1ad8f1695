"""Personal names after the words that announce one: "my name is", "this is", "Dear"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, words
from privacy.pii.detectors.latin import ANY, NO_PERSON_AFTER, ROLES
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON, DISTINCT, NAMES, NO_NAME, ORDINARY

# After these a run of words is a name until an ordinary word comes; whether it is one is decided word by
# word.
_NOT_A_PERSONS = "".join(
    rf"(?<!\b{thing} )"
    for thing in (
        "user", "city", "file", "company", "product", "brand", "hotel", "restaurant",
        "domain", "street", "model", "shop",
    )
)  # fmt: skip
# Looked for in the lower-cased text, which is three times as fast as looking without regard to case.
_NAME_CUES = re.compile(
    r"\b(?:(?:my|full|first|last|sur|family|given|the|his|her|customer'?s?|passenger'?s?|holder'?s?"
    r"|account|middle|on)"
    r" ?(?:full |first |last |sur|given |middle |good )?name(?:'s|s)?(?: (?:is|was|as|for|on it is"
    r"|would be|will be)\b|\s?[:=-])?"
    rf"|{_NOT_A_PERSONS}(?:full |first |last |sur )?name[\"']?\s?(?:is|:|=|-)|^name\b"
    r"|name(?: on the account)?\?(?: (?:user:|it's|a:|customer:))?)"
)
_GREETING_CUES = re.compile(
    r"\b(?:(?:this is|it's|its|i am|i'm|im|i’m|me is|call me|called|named|speaking (?:is|with|to)|under"
    r"|myself)\b"
    r"|(?:dear|hi|hello|hey|hai|thanks|thank you|regards|sincerely|cheers|bye|morning|afternoon"
    r"|evening)\b,?)"
)
_LABEL_CUES = re.compile(
    r"\b(?:patient|maintainer|surgeon|contact|cc|to|from|re|attn|attention|name on (?:the )?card"
    r"|provider|kin|holder|directed by|signed(?: by)?|author|guest|passenger|beneficiary|recipient"
    r"|sender):\s*"
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
_WORD = re.compile(rf"(?:{ANY})\.?")
_ENDS_A_NAME = NO_NAME | words(
    "and is my the i email mail phone ssn zip password number order thanks from with at on in to a an "
    "not no only or by for "
    "mailid id mobile last first booking confirmation sir madam team there again speaking here "
    "account policy claim what whats"
)
# The words of which one, or two together, stand in every cue; words before a colon only with a colon.
_CUE_WORDS = words(
    "im called named under myself dear hi hello hey hai thanks regards sincerely cheers bye morning "
    "afternoon evening"
)
_CUE_PAIRS = [
    words(pair)
    for pair in (
        "i am", "i m", "it s", "its", "this is", "me is", "call me", "speaking is", "speaking with",
        "speaking to", "thank you",
    )
]  # fmt: skip
_BEFORE_COLON = words(
    "patient maintainer surgeon contact cc to from re attn attention card provider kin holder directed "
    "signed author guest passenger beneficiary recipient sender"
)


_GREETERS = _CUE_WORDS.union(*_CUE_PAIRS) - words("am m s is with to you")


def _greets(clues: Clues) -> bool:
    found = clues.word_set
    if _GREETERS.isdisjoint(found):
        return False
    return not _CUE_WORDS.isdisjoint(found) or any(pair <= found for pair in _CUE_PAIRS)


def _has_cue(clues: Clues) -> bool:
    return (
        "name" in clues.lower
        or _greets(clues)
        or (":" in clues.text and not _BEFORE_COLON.isdisjoint(clues.word_set))
    )


def _cues(clues: Clues) -> Iterator[re.Match[str]]:
    if "name" in clues.lower:
        yield from _NAME_CUES.finditer(clues.lower)
    if _greets(clues):
        yield from _GREETING_CUES.finditer(clues.lower)
    if ":" in clues.text:
        yield from _LABEL_CUES.finditer(clues.lower)


@dataclass(frozen=True)
class NameAfterCue:
    """ "my name is …", "this is …", "Dear …": the name-like words that follow, at most four."""

    name: str = "person-context"
    kinds: frozenset[str] = frozenset({"PERSON"})
    language: str | None = "en"
    gate: Gate = Gate(also=_has_cue)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in _cues(clues):
            cue = clues.text[match.start() : match.end()].strip()
            weak = _WEAK.match(cue) is not None
            greeted = _GREETING.match(cue) is not None
            linked = not cue.endswith("name")
            span = name_at(clues.text, match.end(), weak=weak, greeted=greeted, linked=linked)
            if span:
                yield Finding(*span, "PERSON", 0.75 if weak else 0.86, self.name)


_SKIPPED = re.compile(r"(?:[\s:,\"'(.-]|\b(?:is|as|mr|mrs|ms|dr|the)\b\.? ?)*", re.I)


def name_at(
    text: str, start: int, *, weak: bool, greeted: bool = False, linked: bool = True
) -> tuple[int, int] | None:
    """The name that begins at `start`.

    After a weak cue it has to be a known name, or capitalised after a greeting.
    """
    skip = _SKIPPED.match(text, start)
    begin = at = skip.end() if skip else start
    found: list[str] = []
    while len(found) < 4 and (match := _WORD.match(text, at)):
        word = match[0].rstrip(".")
        goes_on = text[match.end() : match.end() + 1]  # "cminh730" and "anna@..." are no names
        if goes_on.isdigit() or goes_on in {"_", "@"}:
            return None
        if word.lower() in _ENDS_A_NAME or (found and word[0].islower() and found[0][0].isupper()):
            break
        found.append(word)
        word = word.removesuffix("'s")
        end = match.start() + len(word) + (1 if len(word) == 1 and match[0].endswith(".") else 0)
        at = match.end() + (1 if text[match.end() : match.end() + 1] == " " else 0)
        if at == match.end():
            break
    if not found or not _credible(found, weak, greeted, linked):
        return None
    return begin, end


def _credible(found: list[str], weak: bool, greeted: bool, linked: bool) -> bool:
    low = [word.lower() for word in found]
    if low[0] in ROLES or len("".join(low)) < 2:
        return False
    if not weak:
        return low[0] not in COMMON or (low[0] in NAMES and (linked or len(low) > 1))
    if any(_CONTRACTED.search(word) or word in NO_PERSON_AFTER for word in low):
        return False
    capitalised = all(word[0].isupper() and not word.isupper() for word in found)
    if low[0] in DISTINCT:
        return True
    if low[0] in ORDINARY:
        return capitalised and low[0] in NAMES and (len(low) > 1 and low[1] not in COMMON)
    return capitalised and greeted and low[0] not in COMMON and len(found[0]) > 2


NAME_AFTER_CUE = NameAfterCue()
