"""Stand-ins of the further kinds: places, bodies, dates and the like that are invented, or say no more than
their kind."""

import re
from collections.abc import Callable
from datetime import date, timedelta

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORDS = {
    "LOCATION": ["Sampleton", "Exampleby", "Nowhereford", "Placeholm", "Specimen Bay", "Imaginary Falls"],
    "ORGANISATION": [
        "Example Partners",
        "Sample Works",
        "Placeholder House",
        "Specimen Union",
        "Nowhere Lines",
    ],
    "NAME": ["Quarrel", "Marwick", "Ostrane", "Belvoir", "Tarsen", "Ilvor"],
    "NATIONALITY": ["Ruritanian", "Freedonian", "Zubrowkan", "Syldavian"],
    "OCCUPATION": ["somebody at work", "somebody in a trade", "somebody in an office"],
    "TITLE": ["Mx", "M"],
    "CONDITION": ["a condition", "an illness"],
    "MEDICATION": ["a medicine", "a remedy"],
    "PROCEDURE": ["a procedure", "an examination"],
}
_CHINESE = {
    "LOCATION": ["某地", "某处"], "ORGANISATION": ["某单位", "某机构"], "NATIONALITY": ["某国人", "某族"],
    "OCCUPATION": ["某职业", "某工作"], "CONDITION": ["某病", "某症"],
}  # fmt: skip
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ISO = re.compile(r"((?:19|20)\d{2})([-/.])(\d{1,2})\2(\d{1,2})")
_NAMED = re.compile(rf"(?P<month>{'|'.join(_MONTHS)})|(?P<day>{'|'.join(_DAYS)})", re.I)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_SMALL = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def _word(kind: str) -> Callable[[str, int], str]:
    def make(value: str, seed: int) -> str:
        words = _CHINESE.get(kind, ["某"]) if _HAN.search(value) else _WORDS[kind]
        made = words[seed % len(words)]
        return made.lower() if value.islower() else made

    return make


def _date(value: str, seed: int) -> str:
    days = seed % 350 + 8
    if match := _ISO.search(value):
        moved = _moved(match, days)
        return value[: match.start()] + moved + value[match.end() :]
    value = _NAMED.sub(lambda found: _other(found, seed), value)
    value = _YEAR.sub(lambda found: str(int(found[0]) - seed % 4 - 1), value)
    return _SMALL.sub(lambda found: str((int(found[0]) + seed % 10) % 12 + 1), value)


def _moved(match: re.Match[str], days: int) -> str:
    year, sign, month, day = match.groups()
    try:
        then = date(int(year), int(month), int(day)) - timedelta(days)
    except ValueError:
        return f"{int(year) - 1}{sign}01{sign}01"
    return f"{then.year}{sign}{then.month:02d}{sign}{then.day:02d}"


def _other(found: re.Match[str], seed: int) -> str:
    words = _MONTHS if found["month"] else _DAYS
    at = [word.lower() for word in words].index(found[0].lower())
    return words[(at + seed % (len(words) - 1) + 1) % len(words)]


MAKERS: dict[str, Callable[[str, int], str]] = {"DATE_TIME": _date, **{kind: _word(kind) for kind in _WORDS}}
