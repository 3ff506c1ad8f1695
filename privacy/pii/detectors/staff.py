"""First names as service staff give and use them: "Tom speaking", "talking to Tom", "Thank you, Zelda."

A capitalised word that is no everyday word is enough there, so names that are on no list are found as well.
"""

import re

from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.gazetteer import NO_NAME

_WORD = r"(?P<value>[^\W\d_a-z][^\W\d_A-Z'’-]+)(?!\w)"
_NO_NAME = NO_NAME | words(
    "agent support customer sir madam team everyone folks nobody somebody anybody noted understood thanks"
)


def _is_name(value: str) -> bool:
    return value.lower() not in _NO_NAME


def _detector(name: str, pattern: str, cues: str) -> PatternDetector:
    return PatternDetector(
        name=name,
        kind="PERSON",
        pattern=re.compile(pattern),
        score=0.75,
        language="en",
        words=words(cues),
        check=_is_name,
    )


TALKING_TO = _detector(
    "person-staff", rf"\b(?:talking|speaking|chatting) (?:to|with) {_WORD}", "talking speaking chatting"
)
SPEAKING = _detector("person-speaking", rf"(?:^|[.,!;] ){_WORD}(?= (?:speaking|here)[.,!])", "speaking here")
THANKED = _detector("person-thanked", rf"\b(?:[Tt]hank you|[Tt]hanks), {_WORD}(?=[.!])", "thank thanks")
