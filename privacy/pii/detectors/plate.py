"""Chinese vehicle plates: province, office letter, five characters (six for new-energy cars), no I and no
O.
"""

import re

from privacy.pii.detectors.base import PatternDetector

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

PLATE = PatternDetector(
    name="plate",
    kind="PLATE",
    pattern=re.compile(
        rf"[{_PROVINCES}][A-HJ-NP-Z][ ·•.-]?(?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳]"
        rf"|[A-HJ-NP-Z0-9]{{6}})"
        r"(?![A-Za-z0-9])",
        re.I,
    ),
    score=0.9,
    language="zh",
    digits=1,
    han=True,
    check=lambda value: any(char.isdigit() for char in value),
)

PLATE_IN_CONTEXT = PatternDetector(
    name="plate-context",
    kind="PLATE",
    pattern=re.compile(r"车牌(?:号码?)?(?:是|为|[:：])? ?(?P<value>#?[A-Za-z0-9][A-Za-z0-9·-]{1,8})"),
    score=0.85,
    language="zh",
    signs="牌",
    han=True,
)
