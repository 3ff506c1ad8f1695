"""Personal names after the words that announce one: "my name is", "this is", "Dear"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues, in_word
from privacy.pii.detectors.base import Gate, words
from privacy.pii.detectors.latin import ANY, NO_PERSON_AFTER, ROLES
from privacy.pii.finding import Finding
from privacy.pii.gazetteer import COMMON, DISTINCT, NAMES, NO_NAME, ORDINARY
from privacy.pii.vocabulary import is_near_word, is_unknown

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
# What a turn with the word is looked through for. Each begins with letters, which is the fastest to look for;
# that a word begins there is seen to afterwards.
_GREETING_CUES = {
    **{word: re.compile(rf"{word}\b") for word in words("its im called named under myself")},
    "this": re.compile(r"this is\b"),
    "it": re.compile(r"it's\b"),
    "i": re.compile(r"i(?: am|'m|’m)\b"),
    "me": re.compile(r"me is\b"),
    "call": re.compile(r"call me\b"),
    "speaking": re.compile(r"speaking (?:is|with|to)\b"),
    **{
        word: re.compile(rf"{word}\b,?")
        for word in words(
            "dear hi hello hey hai thanks regards sincerely cheers bye morning afternoon evening"
        )
    },
    "thank": re.compile(r"thank you\b,?"),
}
_GREETERS = frozenset(_GREETING_CUES)
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
# One of these is before the colon of a label.
_BEFORE_COLON = words(
    "patient maintainer surgeon contact cc to from re attn attention card provider kin holder directed "
    "signed author guest passenger beneficiary recipient sender"
)


def _has_cue(clues: Clues) -> bool:
    return (
        not _GREETERS.isdisjoint(clues.word_set)
        or "name" in clues.lower
        or (":" in clues.text and not _BEFORE_COLON.isdisjoint(clues.word_set))
    )


def _cues(clues: Clues) -> Iterator[re.Match[str]]:
    lower = clues.lower
    if "name" in lower:
        yield from _NAME_CUES.finditer(lower)
    for word in _GREETERS & clues.word_set:
        for match in _GREETING_CUES[word].finditer(lower):
            if not match.start() or not in_word(lower[match.start() - 1]):
                yield match
    if ":" in lower:
        yield from _LABEL_CUES.finditer(lower)


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
    if low[0] in DISTINCT or (low[0] in NAMES and len(low) > 1 and is_unknown(low[1])):
        return True
    if all(is_unknown(word) and not is_near_word(word) for word in low):
        return True
    if low[0] in ORDINARY:
        return capitalised and low[0] in NAMES and (len(low) > 1 and low[1] not in COMMON)
    return capitalised and greeted and low[0] not in COMMON and len(found[0]) > 2


NAME_AFTER_CUE = NameAfterCue()
