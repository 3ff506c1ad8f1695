"""Telephone numbers: valid ones of several regions, well-formed ones, and whatever stands after "phone"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from phonenumbers import (
    SUPPORTED_REGIONS,
    Leniency,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberMatcher,
    is_valid_number_for_region,
    parse,
)

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector, words
from privacy.pii.detectors.card import CARD
from privacy.pii.detectors.checksums import digits_of
from privacy.pii.finding import Finding

_MONEY_OR_TIME = re.compile(r"\d{1,2}[:：]\d{2}|\d+\.\d{1,2}$")
_DATE = re.compile(r"(?:19|20)\d{2}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d{2}")
_EXTENSION = r"(?: ?(?:x|ext\.?|extension|转) ?\d{1,6})?"


_EXTENDED = re.compile(r" ?(?:x|ext|转).*", re.I)


def _plausible(value: str) -> bool:
    return (
        7 <= len(digits_of(_EXTENDED.sub("", value))) <= 15
        and not _MONEY_OR_TIME.search(value)
        and not _DATE.match(value)
    )


def _formatted(value: str) -> bool:
    """A bare run of digits is left to the other detectors: it may as well be an order."""
    return _plausible(value) and (value.startswith("+") or not value.isdigit() or len(value) in (10, 11))


WELL_FORMED_PHONE = PatternDetector(
    name="phone-form",
    kind="PHONE",
    pattern=re.compile(
        r"(?=[+(\d])(?:(?<![\w.-])(?:(?:\+|00)?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"
        + _EXTENSION
        + r"(?![\w-])"
        r"|(?<![\w+])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(0?\d{0,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"
        + _EXTENSION
        + r"(?![\w-])"
        r"|(?<![\w.-])\(0?\d{1,4}\) ?\d(?:[ .-]?\d){5,9}(?![\w-])"
        r"|(?<![\w.-])0\d{2,4}[ -]\d{3,4}[ -]\d{3,4}(?![\w-]))"
    ),
    score=0.82,
    digits=7,
    check=_plausible,
)

PHONE_IN_CONTEXT = PatternDetector(
    name="phone-context",
    kind="PHONE",
    pattern=re.compile(
        r"\b(?:phone|telephone|tele|mobile|mob|cell|cellphone|fax|desk|office|tel|ph|contact|whatsapp"
        r"|call|ring|text"
        r"|reach|answering|registered|number|no)\b[\"']?(?:[ .:#=\n\"'-]|\b(?:number|num|no|is|me|us|at|on"
        r"|back"
        r"|my|the|it|them)\b)*"
        r"(?<![\w.])(?P<value>[+(]?\d[\d ().-]{5,18}\d" + _EXTENSION + r")(?![\w-])",
        re.I,
    ),
    score=0.84,
    language="en",
    digits=7,
    words=words(
        "phone telephone tele mobile mob cell cellphone fax desk office tel ph contact whatsapp call "
        "ring text reach answering registered number no"
    ),
    check=_plausible,
)

# In a business card the word stands behind the number: "781 1704 office".
PHONE_BEFORE_LABEL = PatternDetector(
    name="phone-label",
    kind="PHONE",
    pattern=re.compile(
        r"(?<![\w.+-])(?P<value>[+(]?\d[\d ().-]{5,18}\d"
        + _EXTENSION
        + r") (?:mobile|office|fax|cell|home|work)\b",
        re.I,
    ),
    score=0.83,
    language="en",
    digits=7,
    words=words("mobile office fax cell home work"),
    check=_plausible,
)

CHINESE_MOBILE = PatternDetector(
    name="chinese-mobile",
    kind="PHONE",
    pattern=re.compile(r"(?<![\d.-])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![\d-])"),
    score=0.9,
    digits=11,
)

CHINESE_LANDLINE = PatternDetector(
    name="chinese-landline",
    kind="PHONE",
    pattern=re.compile(
        r"(?<![\d.-])(?:\(0\d{2,3}\)|0(?:10|2\d|[3-9]\d{2}))[ -]?[2-8]\d{6,7}(?:(?:-|转)\d{1,6})?(?!\d)"
        r"|(?<![\d.-])[48]00[ -]?\d{3,4}[ -]?\d{3,4}(?!\d)"
    ),
    score=0.86,
    language="zh",
    digits=9,
    need=lambda clues: clues.han or clues.digits == len(clues.text.strip().replace("-", "")),
)

CHINESE_PHONE_IN_CONTEXT = PatternDetector(
    name="chinese-phone-context",
    kind="PHONE",
    pattern=re.compile(
        r"(?:电话|手机|座机|热线|号码|联系|致电|拨打|传真|打|记一下|记下)[^\d，。；！？\ufffc]{0,12}[:：]?"
        r"(?P<value>[+(]?\d[\d ()-]{5,18}\d(?:转\d{1,6})?(?:[,、/，; ] ?\d[\d-]{6,14})*)"
    ),
    score=0.88,
    language="zh",
    digits=7,
    han=True,
    check=lambda value: len(digits_of(value)) >= 7 and not _DATE.match(value),
)


_REGIONS = ("US", "GB", "CN", "IN")
_RUN = re.compile(r"(?<![\w.-])(?=[\d ()+./-]{0,12}\d{3})[+(]{0,2}\d[\d ()./-]{6,28}\d" + _EXTENSION)


@dataclass(frozen=True)
class ValidPhone:
    """Numbers that are in use in one of the regions, by the tables of libphonenumber; written with their
    country, in any.

    That takes 200 times as long as a pattern: it is asked only about runs of digits that no pattern of ours
    takes whole, and surer.
    """

    name: str = "phone"
    kinds: frozenset[str] = frozenset({"PHONE"})
    language: str | None = None
    gate: Gate = Gate(digits=9)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for run in _RUN.finditer(clues.text):
            bare = run[0].isdigit() and not _formatted(run[0])
            if bare or _is_clear(clues.text, run):
                continue
            found = _numbers(run[0])
            for start, end in found:
                if _formatted(run[0][start:end]):
                    yield Finding(run.start() + start, run.start() + end, "PHONE", 0.8, self.name)
            if not found and _is_valid_elsewhere(run[0].strip(" -./(")):
                yield Finding(*run.span(), "PHONE", 0.66, self.name)


def _is_clear(text: str, run: re.Match[str]) -> bool:
    return any(
        (known := detector.pattern.match(text, run.start())) is not None
        and known.end() >= run.end()
        and detector.check(known[0])
        for detector in (WELL_FORMED_PHONE, CHINESE_MOBILE, CARD)
    )


def _numbers(text: str) -> list[tuple[int, int]]:
    """Every number that some region finds, without those that lie inside another."""
    found = {
        (match.start, match.end)
        for region in _REGIONS
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID)
    }
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not any(start >= other_start and end <= other_end for other_start, other_end in kept):
            kept.append((start, end))
    return kept


# Where a number at home begins with 0, which hardly anything else of that length does.
@cache
def _regions_with_trunk_zero() -> tuple[str, ...]:
    found = ((region, PhoneMetadata.metadata_for_region(region)) for region in sorted(SUPPORTED_REGIONS))
    return tuple(region for region, about in found if about and about.national_prefix == "0")


@lru_cache(maxsize=1024)
def _is_valid_elsewhere(value: str) -> bool:
    """Whether a number with 0 in front and signs between is one in some region of the world."""
    if not value.startswith("0") or value.isdigit() or not 8 <= len(digits_of(value)) <= 13:
        return False
    return _plausible(value) and any(_is_of(value, region) for region in _regions_with_trunk_zero())


def _is_of(value: str, region: str) -> bool:
    try:
        return is_valid_number_for_region(parse(value, region), region)
    except NumberParseException:
        return False


PHONE = ValidPhone()
