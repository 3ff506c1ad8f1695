"""Dates and days of the week: not whose, but when. Dates of birth are direct; see `birth`."""

import re

from privacy.pii.detectors.base import PatternDetector, words

_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTH_SHORT = "jan feb mar apr jun jul aug sep sept oct nov dec"
_MONTH = rf"(?:{'|'.join(_MONTH_NAMES.split())}|(?:{'|'.join(_MONTH_SHORT.split())})\.?)"
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_TIME = r"(?:[T ,]+(?:at )?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[ap]\.?m\.?)?(?:Z|[+-]\d{2}:?\d{2})?)"

DATE_TIME = PatternDetector(
    name="date-time",
    kind="DATE_TIME",
    pattern=re.compile(
        rf"(?<![\w.-])(?:(?:19|20)\d{{2}}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
        rf"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)?\d{{2}}"
        rf"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?:19|20)\d{{2}})?"
        rf"|{_MONTH} (?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:,? (?:19|20)\d{{2}})?"
        rf"|{_MONTH} (?:19|20)\d{{2}}){_TIME}?(?![\w-])",
        re.I,
    ),
    score=0.72,
    language="en",
    digits=1,
)

# Alone a year says little; with a word of time before it, it is one.
YEAR = PatternDetector(
    name="year",
    kind="DATE_TIME",
    pattern=re.compile(
        r"\b(?:in|of|since|from|by|until|till|before|after|during|year|around|early|late|mid) "
        r"(?P<value>(?:19|20)\d{2}s?(?: ?[-–] ?(?:present|(?:19|20)\d{2}))?)(?![\w-]|[.,:]\d)"
        r"|\((?P<range>(?:19|20)\d{2}[-–](?:present|(?:19|20)\d{2}))\)",
        re.I,
    ),
    score=0.6,
    language="en",
    digits=4,
)

WEEKDAY = PatternDetector(
    name="weekday",
    kind="DATE_TIME",
    pattern=re.compile(
        rf"\b(?:{_DAY}|(?:christmas|easter|labor|labour|new year'?s|boxing|thanksgiving) (?:day|eve))\b", re.I
    ),
    score=0.6,
    language="en",
    words=words(
        "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays "
        "fridays "
        "saturdays sundays day eve"
    ),
)

CHINESE_DATE = PatternDetector(
    name="date-chinese",
    kind="DATE_TIME",
    pattern=re.compile(
        r"(?:(?:19|20)\d{2}年)?\d{1,2}月\d{1,2}[日号]|(?:19|20)\d{2}年(?:\d{1,2}月)?|(?:星期|周|礼拜)[一二三四五六日天]"
    ),
    score=0.7,
    language="zh",
    signs="年月期周拜",
    han=True,
)
