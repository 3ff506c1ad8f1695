"""Planting made-up values into copies of texts, and counting how many of them a redactor finds.

What comes out is the share found of values *as we think people write them*, inside the project's own texts.
It says little about spellings that nobody thought of: for that people read a sample.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from privacy.pii.canaries.values import MAKERS
from privacy.pii.finding import Finding, Scope
from privacy.pii.payload import known_language
from privacy.pii.redactor import Redactor

# {} is the value. Some name what follows, some leave it to stand for itself.
_CARRIERS: dict[str, dict[str, Sequence[str]]] = {
    "en": {
        "PERSON": ("My name is {}.", "This is {} speaking.", "Please ask {} about it.", "Thanks, {}"),
        "EMAIL": ("You can write to {}", "my email is {}", "{}"),
        "PHONE": ("Call me on {}", "my number is {}", "{}"),
        "CARD": ("My card is {}", "I paid with {}", "{}"),
        "IBAN": ("Please pay to {}", "iban {}"),
        "SSN": ("my ssn is {}", "social security number {}"),
        "NATIONAL_ID": ("my national insurance number is {}", "NI {}"),
        "IP": ("it came from {}", "blocked at {}"),
        "MAC": ("the device {} is offline",),
        "URL": ("see {}", "I opened {} and it failed"),
        "ADDRESS": ("I live at {}", "please send it to {}", "{}"),
        "BIRTH_DATE": ("my date of birth is {}", "dob {}"),
        "AGE": ("I am {} years old",),
        "POSTCODE": ("my zip code is {}", "the postcode is {}"),
        "ORDER": ("my order number is {}", "where is order {}"),
        "BOOKING": ("my booking reference is {}", "confirmation number {}"),
        "ACCOUNT": ("my account number is {}", "account {}"),
        "CLAIM": ("my claim number is {}",),
        "POLICY": ("policy number {}",),
        "RECORD": ("my file {} is wrong", "record {}"),
        "PASSPORT": ("my passport number is {}",),
        "LICENCE": ("driving licence {}",),
        "PLATE": ("my car is {}", "number plate {}"),
        "PASSWORD": ("my password is {}",),
        "USERNAME": ("my username is {}",),
        "API_KEY": ("the key is {}", "{}"),
        "NUMBER": ("{}",),
    },
    "zh": {
        "PERSON": ("我叫{}", "我是{}，想问一下", "收件人：{}", "请找{}女士"),
        "EMAIL": ("我的邮箱是{}", "发到{}"),
        "PHONE": ("我的手机号是{}", "打{}给我", "{}"),
        "CARD": ("银行卡号{}", "卡是{}"),
        "NATIONAL_ID": ("身份证号是{}", "身份证{}"),
        "IP": ("地址是{}连不上",),
        "URL": ("请看{}",),
        "ADDRESS": ("地址是{}", "我住在{}", "送到{}"),
        "BIRTH_DATE": ("出生日期{}", "生日是{}"),
        "ORDER": ("订单号{}", "我的订单号是{}"),
        "ACCOUNT": ("账号是{}", "会员号{}"),
        "PLATE": ("我的车是{}", "车牌{}"),
    },
}


@dataclass
class Tally:
    """Per kind: how many values were planted, and how many of those were found whole."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.planted + other.planted, self.found + other.found)

    def to_json(self) -> dict[str, list[int]]:
        return {kind: [self.found[kind], count] for kind, count in sorted(self.planted.items())}

    @classmethod
    def from_json(cls, raw: dict[str, list[int]]) -> "Tally":
        return cls(
            Counter({kind: planted for kind, (_found, planted) in raw.items()}),
            Counter({kind: found for kind, (found, _planted) in raw.items() if found}),
        )


def said_with_cue(kind: str, value: str, language: str) -> str:
    """The value in a sentence that says what it is."""
    return _CARRIERS[_bank(language)][kind][0].format(value)


@dataclass(frozen=True, slots=True)
class Planted:
    kind: str
    turn: int
    start: int
    end: int


def kinds_for(language: str) -> list[str]:
    """The kinds that are planted into a text of this language."""
    return sorted(MAKERS[_bank(language)])


def plant(texts: Sequence[str], kind: str, *, language: str, draw: Random) -> tuple[list[str], Planted]:
    """A copy of the texts with one value of the kind said in one of them, and where."""
    bank = _bank(language)
    value, carrier = MAKERS[bank][kind](draw), draw.choice(_CARRIERS[bank][kind])
    turn = draw.randrange(len(texts))
    before, after = _broken(texts[turn], draw)
    if bank == "en" and texts[turn].islower():  # as people type
        value, carrier = value.lower(), carrier.lower()
    said = carrier.format(value)
    start = len(before) + carrier.index("{}")
    changed = list(texts)
    changed[turn] = f"{before}{said}{after}"
    return changed, Planted(kind, turn, start, start + len(value))


def tally_one(
    texts: Sequence[str],
    kind: str,
    *,
    language: str,
    draw: Random,
    scope: Scope = "direct",
) -> Tally:
    """Plant one value and look whether it is found."""
    changed, planted = plant(texts, kind, language=language, draw=draw)
    redactor = Redactor("mask", language=known_language(language), scope=scope)
    findings = [
        finding for turn, finding, _new in redactor.redact_turns(changed).findings if turn == planted.turn
    ]
    whole = is_covered(changed[planted.turn], planted, findings)
    return Tally(Counter({kind: 1}), Counter({kind: 1} if whole else {}))


def is_covered(text: str, planted: Planted, findings: Sequence[Finding]) -> bool:
    """Whether no letter or digit of the value stays visible, whatever kind it was taken for."""
    return all(
        any(one.start <= at < one.end for one in findings)
        for at in range(planted.start, planted.end)
        if text[at].isalnum()
    )


def _bank(language: str) -> str:
    return "zh" if language.startswith("zh") else "en"


def _broken(text: str, draw: Random) -> tuple[str, str]:
    """The text in two, at its beginning, at its end or between sentences, with the space that it needs."""
    places = [0, len(text), *(at + 1 for at, char in enumerate(text) if char in ".!?。！？")]
    at = draw.choice(places)
    before, after = text[:at].rstrip(), text[at:].lstrip()
    joint = "" if before[-1:] >= "\u3400" else " "
    return (before + joint if before else ""), (joint + after if after else "")
