"""Addresses in Chinese: after a cue, or a road, lane or village with a number."""

import re

from privacy.pii.detectors.base import PatternDetector

_BODY = r"[\u4e00-\u9fffA-Za-z0-9#-]"
_BRACKETED = r"(?:[(（][^()（），。\ufffc]{1,40}[)）])"
_WORD = r"(?:(?![在是为到址于的您请打])[\u4e00-\u9fff])"
_REGION = rf"(?:{_WORD}{{2,6}}?(?:省|自治区|市|区|县|镇|乡|街道))"
_WAY = r"(?:大街|大道|街|路|道|巷|胡同|弄|里|村|条|园|乡道)"

# "…酒店旁边,兴寿镇桃峪口": after a comma only what ends as a place does.
_GOES_ON = (
    r"(?:[,，](?=[\u4e00-\u9fff\dA-Za-z-]{2,14}?(?:内|侧|口|旁|旁边|对面|路|街|号|楼|层|院|门|村|镇)"
    r"(?:[（(。，,]|$)))"
)

ADDRESS_IN_CONTEXT = PatternDetector(
    name="address-chinese-context",
    kind="ADDRESS",
    pattern=re.compile(
        r"(?:地址|住址|位置|收货地|家住|我住|住在|位于|寄到|送到|发到)(?:就?是在|就?在|就?是|为"
        r"|改成|改为|到|[:：])?[:：]? ?"
        rf"(?P<value>(?={_WORD}{{2}}|{_WORD}\d|\d{{1,4}}[国省县乡]道)"
        rf"(?!哪|什么|多少|吗|呢|是|怎么|了|您|你|告诉|和(?:电|价|评|营|门票|周|推|名|联|地铁)|电话)"
        rf"{_BODY}+(?:{_BRACKETED}|{_BODY}|、(?={_BODY}*\d号)|{_GOES_ON})*"
        rf"{_BRACKETED}?)"
    ),
    score=0.85,
    language="zh",
    signs="址置地住于到",
    han=True,
    check=lambda value: bool(re.search(r"\d|[省市区县镇乡村街路道巷弄号楼室门口里园场厦店]", value)),
)

ROAD = PatternDetector(
    name="address-chinese-road",
    kind="ADDRESS",
    pattern=re.compile(
        rf"(?:{_REGION} ?)+{_WORD}{{1,10}}?{_WAY}{_BODY}{{0,8}}?(?:甲|乙|丙)?\d+(?:-\d+)"
        rf"?号?{_BODY}{{0,20}}{_BRACKETED}?"
        rf"|{_REGION}{{2,}}{_WORD}{{1,8}}?{_WAY}(?!的)"
        rf"|{_REGION}{_WORD}{{1,10}}?{_WAY}(?=[。，；,;]|$)"
        rf"|{_WORD}{{2,8}}{_WAY}(?:{_WORD}{{1,6}}{_WAY})?(?:甲|乙|丙)?\d+(?:-\d+)?号(?:院|楼"
        rf"|{_BODY}{{0,3}}层|{_BODY}{{0,3}}室)?{_BRACKETED}?"
    ),
    score=0.75,
    language="zh",
    signs="街路道巷同弄里村条园",
    han=True,
)
