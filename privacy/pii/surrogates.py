"""Stand-ins of the same shape, worked out from a secret, that belong to nobody.

| kind | range | why it is nobody's |
|---|---|---|
| EMAIL, URL, USERNAME | example.com | RFC 2606 |
| PHONE | 555-01xx; Chinese mobiles begin 100 | NANP reserves 555-0100 to 0199; no mobile begins 100 |
| CARD | the issuer's length, first digit 0, wrong Luhn digit | ISO/IEC 7812 gives no issuer 0 |
| SSN | area 000 | never issued |
| NATIONAL_ID | Chinese: region 00 and wrong check digit; others: zeros in front | no such region |
| IBAN | check digits 00 | ISO 7064 gives 02 to 98 |
| IP, MAC | 192.0.2.0/24, 2001:db8::/32, 00:00:5e:00:53:xx | RFC 5737, RFC 3849, RFC 7042 |
| PERSON, ADDRESS | invented names | the lists below are made up |
| DATE_TIME | another day of the same form, up to a year away | no promise: dates are everybody's |
| other further kinds | invented words of the kind | see `further.py` |
| other numbers | digits for digits, letters for letters, in the same places | random under the secret |
"""

import hmac
import re
from collections.abc import Callable
from hashlib import sha256

from privacy.pii import further
from privacy.pii.detectors.checksums import digits_of, luhn
from privacy.pii.invented import Invented
from privacy.pii.values import TITLE, normalised

_GIVEN = [
    "Arlen", "Belwyn", "Corvane", "Delmira", "Elowin", "Fenna", "Garrow", "Hestine", "Ilvane",
    "Jorwen", "Kelmar", "Lioris", "Marwen", "Nellis", "Orlane", "Perrin", "Quillan", "Rosmere",
    "Selwin", "Tamsine",
]  # fmt: skip
_FAMILY = [
    "Alderwick", "Brambleton", "Corvedale", "Dunmarsh", "Elmshire", "Fernhollow", "Greywater",
    "Harrowmoor", "Inglebeck", "Jessamont", "Kestwell", "Larkmead", "Mossgrove", "Northlane",
    "Oakbarrow", "Pinecroft", "Quarrow", "Ravenholt", "Silverbeck", "Thornmere",
]  # fmt: skip
_CHINESE_GIVEN = [
    "甲一", "乙文", "丙安", "丁宁", "子虚", "乌有", "亡是", "某一", "某文", "某安",
]  # fmt: skip
_STREETS = [
    "Sampleton Road", "Example Street", "Placeholder Lane", "Specimen Avenue", "Nowhere Close",
    "Imaginary Way",
]  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff]")
_INVENTED = Invented(_GIVEN, _FAMILY, _CHINESE_GIVEN, _STREETS)


class Surrogates:
    """Deterministic under `secret` (bytes, not empty).

    The same value of a kind always gets the same stand-in.
    """

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("Surrogates need a secret that is not empty.")
        self._secret = secret

    def stand_in(self, value: str, kind: str) -> str:
        """A value of the same kind and shape that differs from `value`, which stays if it is one already.

        Names go word by word, so parts agree.
        """
        if (value, kind) in _INVENTED:
            return value
        if kind == "PERSON" and not _HAN.search(value):
            return self._person(value)
        for attempt in range(64):
            digest = hmac.digest(
                self._secret, f"{kind}\0{attempt}\0{normalised(value, kind)}".encode(), sha256
            )
            made = _make(value, kind, int.from_bytes(digest, "big"))
            if made.casefold() != value.casefold():
                return made
        return f"{kind.lower()}-{digest.hex()[:8]}"

    def _person(self, value: str) -> str:
        title = TITLE.match(value)
        names = value[title.end() :].split() if title else value.split()
        lists = [_GIVEN] * (len(names) - 1) + [_FAMILY] if len(names) > 1 or title else [_GIVEN]
        made = " ".join(
            listed[self._draw(name) % len(listed)] for name, listed in zip(names, lists, strict=False)
        )
        return (title[0] if title else "") + (made.lower() if value.islower() else made)

    def _draw(self, word: str) -> int:
        return int.from_bytes(hmac.digest(self._secret, word.casefold().strip(".").encode(), sha256), "big")


def _make(value: str, kind: str, seed: int) -> str:
    maker = _MAKERS.get(kind)
    return maker(value, seed) if maker else _same_shape(value, seed)


def _same_shape(value: str, seed: int, fixed: str = "") -> str:
    """Digits for digits and letters for letters of the same case; the first digits are those of `fixed`."""
    made: list[str] = []
    prefix = iter(fixed)
    for char in value:
        seed, draw = divmod(seed, 26) if seed > 26 else (seed * 0x9E3779B97F4A7C15 + 0xB5297A4D, seed % 26)
        if char.isdigit():
            made.append(next(prefix, str(draw % 10)))
        elif char.isascii() and char.isalpha():
            made.append(chr((65 if char.isupper() else 97) + draw))
        else:
            made.append("某" if _HAN.match(char) else char)
    return "".join(made)


def _chinese_person(value: str, seed: int) -> str:
    return value[0] + _CHINESE_GIVEN[seed % len(_CHINESE_GIVEN)][-max(1, len(value) - 1) :]


def _email(value: str, seed: int) -> str:
    given, family = _GIVEN[seed % len(_GIVEN)], _FAMILY[seed // 64 % len(_FAMILY)]
    return f"{given}.{family}{seed % 89 + 10}@example.com".lower()


def _phone(value: str, seed: int) -> str:
    digits = digits_of(value)
    if len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789":
        return _same_shape(value, seed, "100")
    line = f"555010{seed % 10}" if len(digits) < 9 else f"{seed // 10 % 800 + 200}55501{seed % 100:02d}"
    return _same_shape(value, seed, line.rjust(len(digits), "0")[-len(digits) :])


def _card(value: str, seed: int) -> str:
    made = _same_shape(value, seed, "0")
    return made if not luhn(made) else made[:-1] + str((int(made[-1]) + 1) % 10)


def _url(value: str, seed: int) -> str:
    return (
        f"https://www.example.com/{seed % 16**8:08x}" if "://" in value else f"www{seed % 1000}.example.com"
    )


def _ip(value: str, seed: int) -> str:
    return f"2001:db8::{seed % 0xFFFF:x}" if ":" in value else f"192.0.2.{seed % 254 + 1}"


def _address(value: str, seed: int) -> str:
    if _HAN.search(value):
        return f"某市某区某路{seed % 900 + 100}号"
    made = f"{seed % 900 + 100} {_STREETS[seed // 1000 % len(_STREETS)]}"
    return made.lower() if value.islower() else made


_MAKERS: dict[str, Callable[[str, int], str]] = {
    "PERSON": _chinese_person,
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _card,
    "SSN": lambda value, seed: _same_shape(value, seed, "000" if len(digits_of(value)) > 8 else ""),
    "NATIONAL_ID": lambda value, seed: _same_shape(value, seed, "000000"),
    "IBAN": lambda value, seed: value[:2] + _same_shape(value[2:], seed, "00"),
    "URL": _url,
    "IP": _ip,
    "MAC": lambda value, seed: f"00:00:5e:00:53:{seed % 256:02x}",
    "ADDRESS": _address,
    "USERNAME": lambda value, seed: f"user{seed % 90000 + 10000}",
    **further.MAKERS,
}
