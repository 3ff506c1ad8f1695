"""National numbers with a check digit or a shape of their own."""

import re

from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.detectors.checksums import gb11643
from privacy.pii.detectors.presidio import PresidioDetector

_SEPARATED = re.compile(r"\d{3}[- .]\d{2}[- .]\d{4}")
_NINO = re.compile(r"[A-Za-z]{2} ?\d{2}")


US_SSN = PresidioDetector(
    name="us-ssn",
    kind="SSN",
    recogniser="UsSsnRecognizer",
    score=0.9,
    need=lambda clues: clues.digits >= 9 and _SEPARATED.search(clues.text) is not None,
)

SSN_IN_CONTEXT = PatternDetector(
    name="ssn-context",
    kind="SSN",
    pattern=re.compile(
        r"\b(?:ssn|social security|social sec|social|sss?n?o?)\b[\"'’]?(?: (?:number|num|no|code|id))*"
        r"(?:[ ,.:=\"'-]|\b(?:is|was|ends?|ending|last|four|digits?|4|of|the|in|with|and|on|file|my)\b)*?"
        r"(?<!\d)(?P<value>\d[\d -]{2,12}\d)(?!\d)",
        re.I,
    ),
    score=0.92,
    language="en",
    digits=4,
    words=words("ssn ssno social sn ssnno"),
)

UK_NINO = PresidioDetector(
    name="uk-nino",
    kind="NATIONAL_ID",
    recogniser="UkNinoRecognizer",
    need=lambda clues: clues.digits >= 6 and _NINO.search(clues.text) is not None,
    check=lambda value: len(value) >= 9,
)

UK_NHS = PresidioDetector(
    name="uk-nhs",
    kind="NATIONAL_ID",
    recogniser="NhsRecognizer",
    need=lambda clues: clues.digits >= 10 and "nhs" in clues.word_set,
)

CHINESE_ID = PatternDetector(
    name="chinese-id",
    kind="NATIONAL_ID",
    pattern=re.compile(r"(?<![\dA-Za-z])[1-8]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx](?![\dA-Za-z])"),
    score=0.99,
    digits=17,
    check=gb11643,
)
