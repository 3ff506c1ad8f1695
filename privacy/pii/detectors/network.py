"""Internet addresses: IP, MAC, links."""

import re

from privacy.pii.detectors.base import PatternDetector
from privacy.pii.detectors.presidio import PresidioDetector

IP = PresidioDetector(
    name="ip",
    kind="IP",
    recogniser="IpRecognizer",
    score=0.9,
    need=lambda clues: clues.digits > 0 and (clues.text.count(".") > 2 or clues.text.count(":") > 1),
    check=lambda value: len(value) > 5,
)

MAC = PresidioDetector(
    name="mac",
    kind="MAC",
    recogniser="MacAddressRecognizer",
    score=0.9,
    need=lambda clues: clues.text.count(":") > 4 or clues.text.count("-") > 4,
)

# A link, or a bare host under a suffix that people give out; Presidio's own takes "today.i" and "ok.so"
# for hosts.
URL = PatternDetector(
    name="url",
    kind="URL",
    pattern=re.compile(
        r"(?:https?://|ftp://|www\.)[^\s<>\"'()\[\]，。；！？\ufffc\u3400-\u9fff]*[\w/=&#-]"
        r"|(?<![\w@.-])(?:[a-z0-9-]{2,63}\.){1,3}(?:com|net|org|edu|gov|info|biz|io|co\.uk|com\.[a-z]{2})\b"
        r"(?:/[^\s<>\"'()\[\]，。；！？\ufffc\u3400-\u9fff]*[\w/=&#-])?",
        re.I,
    ),
    score=0.7,
    need=lambda clues: "." in clues.text or "://" in clues.text,
)
