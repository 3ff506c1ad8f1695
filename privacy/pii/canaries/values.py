"""Made-up personal data of every kind, with the checks and shapes of real data, different each time.

Never stored and never shown: it is planted into copies of texts in memory, to count how much of it is found.
That is why numbers may be well-formed; what ends up in files uses `surrogates` instead.
"""

import string
from collections.abc import Callable
from random import Random

from privacy.pii.detectors.checksums import luhn

_GIVEN = [
    "Amara", "Bjorn", "Cosmin", "Darya", "Emeka", "Farida", "Goran", "Hanne", "Imran", "Jolanta",
    "Kwame", "Leila", "Mirela", "Nadia", "Olufemi", "Priya", "Rasheed", "Svetlana", "Tomasz",
    "Ulrike", "Vusi", "Wanjiru", "Xiomara", "Yusuf", "Zoltan", "Maria", "James", "Emma", "Lucas",
    "Anna",
]  # fmt: skip
_STEMS = [
    "bal", "der", "fen", "gor", "hal", "jor", "kal", "lin", "mor", "nor", "pel", "rad", "sol",
    "tar", "vel", "wes", "zan", "ost", "ing", "bre",
]  # fmt: skip
_ENDS = [
    "ström", "berg", "ova", "ski", "wala", "ton", "ley", "sen", "ezi", "man", "dez", "ford",
    "poulos", "enko", "ali",
]  # fmt: skip
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
_GIVEN_ZH = "伟芳娜敏静磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰鹏飞雪梅建国志强晓东婷浩宇欣怡子轩梓涵思远"
_STREETS = [
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Foundry", "Garnet", "Harbour", "Juniper",
    "Kingfisher", "Linden", "Mill", "Orchard",
]  # fmt: skip
_WAYS = ("Street", "Road", "Avenue", "Lane", "Drive", "Court")
_TOWNS_ZH = ("杭州市西湖区", "成都市武侯区", "武汉市洪山区", "南京市鼓楼区", "西安市雁塔区")
_ROADS_ZH = ("文三路", "人民南路", "珞喻路", "中山北路", "长安南路", "解放大道")
_MAIL = ("gmail.com", "outlook.com", "yahoo.co.uk", "163.com", "protonmail.com", "corp-mail.net")
_AREAS = ("212", "415", "617", "303", "512", "206", "312", "404")
_GB_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_GB_REGIONS = ("110105", "310104", "440106", "510104", "330106", "420111")


def _digits(draw: Random, count: int) -> str:
    return str(draw.randrange(1, 10)) + "".join(draw.choices(string.digits, k=count - 1))


def _letters(draw: Random, count: int) -> str:
    return "".join(draw.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=count))


def _code(draw: Random) -> str:
    number = _digits(draw, 7)
    return draw.choice([f"{_letters(draw, 2)}-{number}", number, f"{number[:3]}-{number[3:]}"])


def _family(draw: Random) -> str:
    return (draw.choice(_STEMS) + draw.choice(_STEMS) * draw.randrange(2) + draw.choice(_ENDS)).capitalize()


def _person(draw: Random) -> str:
    return f"{draw.choice(_GIVEN)} {_family(draw)}"


def _person_zh(draw: Random) -> str:
    return draw.choice(_SURNAMES) + "".join(draw.choices(_GIVEN_ZH, k=draw.choice((1, 2, 2))))


def _email(draw: Random) -> str:
    given, family = draw.choice(_GIVEN).lower(), _family(draw).lower().replace("ö", "o")
    name = draw.choice(
        [f"{given}.{family}", f"{given[0]}{family}{draw.randrange(10, 99)}", f"{family}_{given}"]
    )
    return f"{name}@{draw.choice(_MAIL)}"


def _phone(draw: Random) -> str:
    area, office, line = draw.choice(_AREAS), f"{draw.randrange(220, 990)}", _digits(draw, 4)
    british = f"79{draw.randrange(10, 90)} {_digits(draw, 6)}"
    return draw.choice(
        [
            f"({area}) {office}-{line}",
            f"{area}-{office}-{line}",
            f"+1 {area} {office} {line}",
            f"+44 {british}",
        ]
    )


def _phone_zh(draw: Random) -> str:
    return f"1{draw.choice(['38', '59', '77', '86', '39'])}{_digits(draw, 8)}"


def _card(draw: Random) -> str:
    digits = draw.choice(["4", "51", "55", "4539"]) + _digits(draw, 15)
    digits = next(digits[:15] + end for end in string.digits if luhn(digits[:15] + end))
    return draw.choice(["", " ", "-"]).join(digits[at : at + 4] for at in range(0, 16, 4))


def _card_zh(draw: Random) -> str:
    digits = "622202" + _digits(draw, 12)
    return next(digits + end for end in string.digits if luhn(digits + end))


def _iban(draw: Random) -> str:
    account = _digits(draw, 18)
    check = 98 - int(f"{account}131400") % 97  # "DE00" as numbers, behind the account
    return f"DE{check:02d}{account}"


def _ssn(draw: Random) -> str:
    return f"{draw.randrange(100, 660)}-{draw.randrange(10, 99)}-{draw.randrange(1000, 9999)}"


def _national_id(draw: Random) -> str:
    number = _digits(draw, 6)
    before, after = draw.choice(["JK", "AB", "SE", "WP"]), draw.choice("ABCD")
    return f"{before} {number[:2]} {number[2:4]} {number[4:]} {after}"


def _national_id_zh(draw: Random) -> str:
    born = f"{draw.randrange(1955, 2004)}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"
    body = f"{draw.choice(_GB_REGIONS)}{born}{draw.randrange(1000):03d}"
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(_GB_WEIGHTS, body, strict=True)) % 11]


def _ip(draw: Random) -> str:
    return ".".join(str(draw.randrange(11, 250)) for _ in range(4))


def _mac(draw: Random) -> str:
    return ":".join(f"{draw.randrange(256):02x}" for _ in range(6))


def _url(draw: Random) -> str:
    return (
        f"https://{_family(draw).lower().replace('ö', 'o')}.net/u/{_digits(draw, 6)}?token={_token(draw, 12)}"
    )


def _token(draw: Random, count: int) -> str:
    return "".join(draw.choices(string.ascii_letters + string.digits, k=count))


def _address(draw: Random) -> str:
    return f"{draw.randrange(2, 980)} {draw.choice(_STREETS)} {draw.choice(_WAYS)}"


def _address_zh(draw: Random) -> str:
    return f"{draw.choice(_TOWNS_ZH)}{draw.choice(_ROADS_ZH)}{draw.randrange(2, 400)}号"


def _birth(draw: Random) -> str:
    return f"{draw.randrange(1, 29):02d}/{draw.randrange(1, 13):02d}/{draw.randrange(1950, 2004)}"


def _birth_zh(draw: Random) -> str:
    return f"{draw.randrange(1950, 2004)}年{draw.randrange(1, 13)}月{draw.randrange(1, 29)}日"


def _postcode(draw: Random) -> str:
    return draw.choice(
        [
            _digits(draw, 5),
            f"{_letters(draw, 2)}{draw.randrange(1, 20)} {draw.randrange(1, 9)}{_letters(draw, 2)}",
        ]
    )


def _plate_zh(draw: Random) -> str:
    return f"{draw.choice('京沪粤川浙鄂苏')}{draw.choice('ABCDE')}{_digits(draw, 5)}"


Maker = Callable[[Random], str]
MAKERS: dict[str, dict[str, Maker]] = {
    "en": {
        "PERSON": _person,
        "EMAIL": _email,
        "PHONE": _phone,
        "CARD": _card,
        "IBAN": _iban,
        "SSN": _ssn,
        "NATIONAL_ID": _national_id,
        "IP": _ip,
        "MAC": _mac,
        "URL": _url,
        "ADDRESS": _address,
        "BIRTH_DATE": _birth,
        "AGE": lambda draw: str(draw.randrange(19, 95)),
        "POSTCODE": _postcode,
        "ORDER": _code,
        "BOOKING": lambda draw: _letters(draw, 3) + _digits(draw, 3),
        "ACCOUNT": lambda draw: _digits(draw, 10),
        "CLAIM": _code,
        "POLICY": lambda draw: _digits(draw, 9),
        "RECORD": lambda draw: f"MRN-{_digits(draw, 7)}",
        "PASSPORT": lambda draw: _letters(draw, 1) + _digits(draw, 8),
        "LICENCE": lambda draw: _letters(draw, 1) + _digits(draw, 7),
        "PLATE": lambda draw: f"{_letters(draw, 2)}{draw.randrange(51, 74)} {_letters(draw, 3)}",
        "PASSWORD": lambda draw: _token(draw, 7) + str(draw.randrange(10, 99)),
        "USERNAME": lambda draw: f"{_family(draw).lower()}{draw.randrange(10, 999)}",
        "API_KEY": lambda draw: f"sk-{_token(draw, 24)}",
        "NUMBER": lambda draw: f"{_letters(draw, 3).lower()} {_digits(draw, 4)}",
    },
    "zh": {
        "PERSON": _person_zh,
        "EMAIL": _email,
        "PHONE": _phone_zh,
        "CARD": _card_zh,
        "NATIONAL_ID": _national_id_zh,
        "IP": _ip,
        "URL": _url,
        "ADDRESS": _address_zh,
        "BIRTH_DATE": _birth_zh,
        "ORDER": lambda draw: _digits(draw, 12),
        "ACCOUNT": lambda draw: _digits(draw, 10),
        "PLATE": _plate_zh,
    },
}
