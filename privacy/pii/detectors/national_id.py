"""National numbers with a check digit or a shape of their own."""

import re

from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.detectors.checksums import digits_of, gb11643, nhs

# Printed as examples for decades, so found everywhere and nobody's.
_SAMPLES = frozenset({"123456789", "987654320", "078051120"})


def _issued(value: str) -> bool:
    """Whether the parts are such as the Social Security Administration gives out."""
    digits = digits_of(value)
    return (
        value[3] == value[6]
        and len(set(digits)) > 1
        and digits[3:5] != "00"
        and digits[5:] != "0000"
        and digits[:3] not in {"000", "666"}
        and digits not in _SAMPLES
    )


US_SSN = PatternDetector(
    name="us-ssn",
    kind="SSN",
    pattern=re.compile(r"\b[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}\b"),
    score=0.9,
    digits=9,
    signs="- .",
    check=_issued,
)

SSN_IN_CONTEXT = PatternDetector(
    name="ssn-context",
    kind="SSN",
    pattern=re.compile(
        r"\b(?:ssn|ssnno|ssin|social security|social sec|social|sss?n?o?)\b[\"'’]?(?: (?:number|num|no|code"
        r"|id))*"
        r"(?:[ ,.:=\"'-]|\b(?:is|was|ends?|ending|last|four|digits?|4|of|the|in|with|and|on|file|my)\b)*?"
        r"(?<!\d)(?P<value>\d[\d -]{2,12}\d)(?!\d)",
        re.I,
    ),
    score=0.92,
    language="en",
    digits=4,
    words=words("ssn ssno social sn ssnno ssin"),
)

# Letters that HM Revenue & Customs gives out; no space or one between the groups.
UK_NINO = PatternDetector(
    name="uk-nino",
    kind="NATIONAL_ID",
    pattern=re.compile(
        r"\b(?!bg|gb|nk|kn|nt|tn|zz)[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z] ?(?:[0-9]{2} ?){3}[a-d]\b",
        re.I,
    ),
    score=0.85,
    digits=6,
)

UK_NHS = PatternDetector(
    name="uk-nhs",
    kind="NATIONAL_ID",
    pattern=re.compile(r"\b[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}\b"),
    score=0.85,
    digits=10,
    words=words("nhs"),
    check=nhs,
)

CHINESE_ID = PatternDetector(
    name="chinese-id",
    kind="NATIONAL_ID",
    pattern=re.compile(r"(?<![\dA-Za-z])[1-8]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx](?![\dA-Za-z])"),
    score=0.99,
    digits=17,
    check=gb11643,
)
