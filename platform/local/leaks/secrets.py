"""Known secrets of all kinds, and what people would say around them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from privacy.pii.canaries.planting import said_with_cue
from privacy.pii.canaries.values import MAKERS
from privacy.pii.redactor import Redactor

# What is found by chance in any large file says nothing: every secret is long, or has a shape of its own.
_TOO_SHORT = {"AGE", "POSTCODE", "NUMBER", "BOOKING", "PLATE"}
_LEAST = 9  # bytes
_LONG_NUMBERS = {"ORDER", "ACCOUNT", "CLAIM", "POLICY", "RECORD", "LICENCE", "PASSPORT"}
_PERSONS_SHARE = 4  # every fourth is a name


@dataclass(frozen=True, slots=True)
class Secret:
    """`said`: a sentence that holds the value, as somebody would type it."""

    kind: str
    value: str
    said: str
    language: str

    @property
    def recognised(self) -> bool:
        """Whether the detectors know it in that sentence; what they miss is another figure's matter."""
        return self.value not in Redactor("mask").redact_turns([self.said]).texts[0]


def make_secrets(count: int, *, seed: int) -> list[Secret]:
    """`count` different secrets, a third of them Chinese, of every kind that can be looked for."""
    draw = Random(seed)  # noqa: S311 - the same ones each time
    kinds = [
        (language, kind)
        for language in ("en", "zh", "en")
        for kind in sorted(MAKERS[language])
        if kind not in _TOO_SHORT
    ]
    made: dict[str, Secret] = {}
    while len(made) < count:
        number = len(made)
        language, kind = kinds[number % len(kinds)]
        if number % _PERSONS_SHARE == 0:
            kind = "PERSON"
        value = _value(kind, MAKERS[language][kind], draw)
        if value and not any(value in other or other in value for other in made):
            made[value] = Secret(kind, value, said_with_cue(kind, value, language), language)
    return list(made.values())


def _value(kind: str, maker: Callable[[Random], str], draw: Random) -> str:
    value = maker(draw)
    if kind in _LONG_NUMBERS:
        value += "".join(draw.choices("0123456789", k=max(0, 11 - sum(map(str.isdigit, value)))))
    return value if len(value.encode()) >= _LEAST else ""


def take(secrets: list[Secret], wanted: Callable[[Secret], bool], count: int) -> list[Secret]:
    """Take the first `count` of those wanted out of the list."""
    taken = [one for one in secrets if wanted(one)][:count]
    for one in taken:
        secrets.remove(one)
    return taken


def values_of(secrets: Sequence[Secret]) -> list[str]:
    return [one.value for one in secrets]
