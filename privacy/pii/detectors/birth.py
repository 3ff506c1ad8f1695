"""Dates of birth and ages, only where the text says that they are one."""

import re

from privacy.pii.detectors.base import PatternDetector, words

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_DATE = (
    r"(?:\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}(?:st|nd|rd|th)?(?: of)? " + _MONTHS + r",? ?(?:\d{2,4})?"
    r"|" + _MONTHS + r"\.? \d{1,2}(?:st|nd|rd|th)?(?:,? \d{2,4})?)"
)
_PERSONS = r"(?:man|woman|male|female|boy|girl|patient|person|lady|gentleman|guy|kid|child)"

BIRTH_DATE = PatternDetector(
    name="birth-date",
    kind="BIRTH_DATE",
    pattern=re.compile(
        r"\b(?:d\.?o\.?b|dob|born|birth ?date|birthday|birth|bday|date_of_birth|geboren|geburtsdatum"
        r"|geburtstag|né|née"
        r"|naissance|nacid[oa]|nacimiento|nat[oa] il|nascita|geboortedatum|urodzon[ya]|nascimento)\b[\"']?"
        rf"(?:[ :.?=\"'-]|\b(?:is|on|was|in|date|of|it's|it|user|am|le|el|den|op|de"
        rf"|em)\b)*(?P<value>{_DATE}|(?:19|20)\d{{2}}\b)",
        re.I,
    ),
    score=0.9,
    language="en",
    digits=2,
    words=words(
        "dob d born birth birthdate birthday bday geboren geburtsdatum geburtstag né née naissance nacido "
        "nacida "
        "nacimiento nato nata nascita geboortedatum urodzony urodzona nascimento"
    ),
)

CHINESE_BIRTH_DATE = PatternDetector(
    name="birth-date-chinese",
    kind="BIRTH_DATE",
    pattern=re.compile(
        r"(?:生日|出生(?:日期|年月)?|生于)(?:是|于|为|在|[:：])? ?"
        r"(?P<value>(?:\d{2,4}[年./-])?\d{1,2}[月./-]\d{1,2}[日号]?|\d{8}|\d{4}年)"
    ),
    score=0.9,
    language="zh",
    digits=3,
    signs="生",
    han=True,
)

AGE = PatternDetector(
    name="age",
    kind="AGE",
    pattern=re.compile(
        rf"(?=\d)(?:\b\d{{1,3}}(?=[ -]years?[ -]old[ -]{_PERSONS}\b|[ -]?(?:y/?o|y\.o\.?)\b)"
        r"|(?<=\bi am )\d{1,3}(?= years? old| yrs)|(?<=\bi'm )\d{1,3}(?= years? old|\.|,|$)"
        r"|(?<=\b[ws]as )\d{1,3}(?= years old)|(?<=\bis )\d{1,3}(?= years old)|(?<=\baged )\d{1,3}\b"
        r"|(?<=\bage of )\d{1,3}\b|(?<=\bage: )\d{1,3}\b|(?<=\bmy age is )\d{1,3}\b"
        r"|(?<=\bturn )\d{2}(?=[ .,!]|$)(?! degrees| percent)|(?<=\bjust turned )\d{1,3}\b)",
        re.I,
    ),
    score=0.75,
    language="en",
    digits=1,
    words=words("old age aged yo y o turn turned yrs m"),
    check=lambda value: 0 < int(value) < 121,
)
