"""Chinese personal names: after 我叫 / 姓名 / 收件人 and the like, or before 先生 / 女士 and other forms of
address.
"""

import re

from privacy.pii.detectors.base import PatternDetector
from privacy.pii.gazetteer import CHINESE_SURNAMES

_SURNAME = "(?:" + "|".join(sorted(CHINESE_SURNAMES, key=len, reverse=True)) + ")"
_HAN = r"[\u4e00-\u9fff]"
# Characters that begin the next word of a sentence far more often than they stand in a given name.
_NO_GIVEN = (
    "[的了是在我你您他她它们这那就不没有要想会能可和跟与呢吗吧啊呀哦嘛很也都还把被给让去来到说看问买订退换用]"
)
_GIVEN = rf"(?:(?!{_NO_GIVEN}){_HAN}){{1,2}}"
_END = r"(?=[，。；！？,.;!?\s、)）]|$|的|先生|女士|小姐|电话|手机|身份|地址|订|是|我|请|在|帮|想|，|联系)"

NAME_AFTER_CUE = PatternDetector(
    name="person-chinese-context",
    kind="PERSON",
    pattern=re.compile(
        r"(?:我(?:的名字)?(?:叫做?|姓名是)|(?:姓名|名字|联系人|收件人|收货人"
        r"|寄件人|预订人|预定人|入住人|乘客|户名|持卡人|开户人|患者)"
        rf"(?:就?是|为|叫|[:：])? ?)(?P<value>{_SURNAME}{_GIVEN}){_END}"
    ),
    score=0.9,
    language="zh",
    signs="名叫人客户者",
    han=True,
)

SELF_INTRODUCTION = PatternDetector(
    name="person-chinese-self",
    kind="PERSON",
    pattern=re.compile(
        rf"(?:^|[，。！!,.\s])(?:你好|您好)?[，,]?(?:我是|这里是|我就是|本人)"
        rf"(?P<value>{_SURNAME}{_GIVEN})(?=[，。；！？,.;!?\s]|$)"
    ),
    score=0.75,
    language="zh",
    signs="是本",
    han=True,
    check=lambda value: 2 <= len(value) <= 4 and value[-1] not in "店号客户员家人",
)

# Service staff under a short name: "客服可可为您服务", "我是小雪，很高兴为您服务".
STAFF = PatternDetector(
    name="person-chinese-staff",
    kind="PERSON",
    pattern=re.compile(rf"(?:客服|我是)(?P<value>(?:[小阿]{_HAN}|({_HAN})\2))(?=为您|，很高兴|[。！,.!]|$)"),
    score=0.75,
    language="zh",
    signs="服是",
    han=True,
)

# "孙浩然，电话17300008423": a name, and then how to reach it.
BEFORE_PHONE = PatternDetector(
    name="person-chinese-phone",
    kind="PERSON",
    pattern=re.compile(
        rf"(?:^|[，。！？,.!?\s])(?P<value>{_SURNAME}{_GIVEN})(?=[，, :：]{{1,2}}(?:电话|手机)号?码?[:：]?\d)"
    ),
    score=0.85,
    language="zh",
    digits=7,
    signs="电手",
    han=True,
)

ADDRESSED = PatternDetector(
    name="person-chinese-title",
    kind="PERSON",
    pattern=re.compile(
        rf"(?:(?<![\u4e00-\u9fff])|(?<=是)|(?<=叫)|(?<=请)|(?<=给)|(?<=找)|(?<=好)|(?<=的)|(?<=和)|(?<=让))"
        rf"{_SURNAME}(?:(?!{_NO_GIVEN}){_HAN}){{0,2}}?(?=(?:先生|女士|小姐|太太|老师|经理"
        rf"|医生|师傅|阿姨|同学|总监|主任))"
    ),
    score=0.85,
    language="zh",
    signs="生士姐太师理姨学监任",
    han=True,
)

_SPACED = re.compile(rf"{_HAN} {_HAN}")

# Written with a space, in either order ("秀英 赵"), as forms and mail programs print it.
SPACED = PatternDetector(
    name="person-chinese-spaced",
    kind="PERSON",
    pattern=re.compile(
        rf"(?<![\u4e00-\u9fff])(?:{_HAN}{{1,2}} {_SURNAME}|{_SURNAME} {_HAN}{{1,2}})(?![\u4e00-\u9fff])"
    ),
    score=0.75,
    signs=" ",
    han=True,
    need=lambda clues: _SPACED.search(clues.text) is not None,
)
