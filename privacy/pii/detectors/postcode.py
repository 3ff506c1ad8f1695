"""Postal codes: named as such, after a US state, or in the British shape."""

import re

from privacy.pii.detectors.base import PatternDetector, words

_STATES = (
    "alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii"
    "|idaho|illinois"
    "|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota"
    "|mississippi|missouri"
    "|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north "
    "dakota|ohio|oklahoma"
    "|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont"
    "|virginia|washington"
    "|west virginia|wisconsin|wyoming|los angeles|chicago|houston|phoenix|philadelphia|san diego"
    "|dallas|boston|seattle"
    "|denver|miami|atlanta|mumbai|delhi|chennai|kolkata|bangalore|hyderabad|pune|goa|canada"
)
US_STATE = (
    r"(?:al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm"
    r"|ny|nc|nd|oh|ok"
    r"|or|pa|ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc|ap|ae|aa|pr)"
)

POSTCODE = PatternDetector(
    name="postcode",
    kind="POSTCODE",
    pattern=re.compile(
        r"\b(?:zip|zipcode|zip ?code|post ?code|postal ?code|postcode|pin ?code|pincode)\b"
        r"(?:[ :.=#\"'-]|\b(?:is|no|number|code)\b)*(?P<value>[a-z]{0,2}\d[a-z0-9]{2,8}(?:[- "
        r"]?\d[a-z]{2}\b|-\d{3,4})?)",
        re.I,
    ),
    score=0.85,
    language="en",
    digits=2,
    words=words("zip zipcode postcode post postal pin pincode"),
)

_AFTER_WORD = re.compile(r"[^\W\d_],? ?\d{5}")

STATE_POSTCODE = PatternDetector(
    name="postcode-state",
    kind="POSTCODE",
    pattern=re.compile(
        rf"(?:(?<=\w )\b(?-i:[A-Z]{{2}})|\b(?:{_STATES})|^[a-z]+,? {US_STATE}),? ?(?P<value>\d{{5,6}}"
        rf"(?:-\d{{4}})?)\b(?!-)",
        re.I,
    ),
    score=0.7,
    language="en",
    digits=5,
    need=lambda clues: _AFTER_WORD.search(clues.text) is not None,
)

_INWARD = re.compile(r"\d[ABD-HJLNP-UW-Z]{2}(?![\w-])", re.I)

UK_POSTCODE = PatternDetector(
    name="postcode-uk",
    kind="POSTCODE",
    pattern=re.compile(
        r"(?<![\w-])(?:[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}"
        r"|[A-PR-UWYZ][A-HK-Y]?\d{1,2}\d[ABD-HJLNP-UW-Z]{2})(?![\w-])",
        re.I,
    ),
    score=0.7,
    language="en",
    digits=2,
    need=lambda clues: _INWARD.search(clues.text) is not None,
    check=lambda value: " " not in value or value.isupper() or value.islower(),
)
