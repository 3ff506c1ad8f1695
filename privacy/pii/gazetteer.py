"""The lists of names and words, read once from the files beside this module."""

from functools import cache
from importlib.resources import files


@cache
def listed(name: str) -> frozenset[str]:
    """The words of `names/<name>.txt`; lines that begin with # are remarks."""
    text = files("privacy.pii").joinpath("names", f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


GIVEN = listed("given")
FAMILY = listed("family")
ORDINARY = listed("ordinary")  # names that are also words
COMMON = listed("common") | ORDINARY  # words that are no name on their own
NAMES = GIVEN | FAMILY
NO_NAME = COMMON - NAMES  # words that are no part of a name either
DISTINCT_FAMILY = FAMILY - COMMON
DISTINCT_GIVEN = GIVEN - COMMON
DISTINCT = NAMES - COMMON
CHINESE_SURNAMES = listed("surnames_zh")
