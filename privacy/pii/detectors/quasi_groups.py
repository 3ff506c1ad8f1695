"""Nationalities, peoples, religions and affiliations: special categories of data (GDPR, article 9)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector, words
from privacy.pii.finding import Finding
from privacy.pii.vocabulary import NATIONALITIES

_WORD = re.compile(r"[^\W\d_]+")
_AMBIGUOUS = words("polish finn dane turk scot roma christian jordan english georgian catholic orthodox")


def _named(word: str) -> bool:
    return word in NATIONALITIES or (word.endswith("s") and word[:-1] in NATIONALITIES)


def _names_a_group(clues: Clues) -> bool:
    return any(_named(word) for word in clues.words)


@dataclass(frozen=True)
class Nationality:
    """A word of the list; those that are other words too count only when capitalised."""

    name: str = "nationality"
    kinds: frozenset[str] = frozenset({"NATIONALITY"})
    language: str | None = "en"
    gate: Gate = Gate(also=_names_a_group)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for match in _WORD.finditer(clues.text):
            word = match[0].lower()
            if _named(word) and (word not in _AMBIGUOUS or match[0][0].isupper()):
                yield Finding(*match.span(), "NATIONALITY", 0.6, self.name)


NATIONALITY = Nationality()

CHINESE_NATIONALITY = PatternDetector(
    name="nationality-chinese",
    kind="NATIONALITY",
    pattern=re.compile(
        r"(?:中国|美国|英国|法国|德国|日本|韩国|印度|俄罗斯|加拿大|澳大利亚|意大利|西班牙|泰国|越南|新加坡|马来西亚)人"
        r"|(?:汉|回|藏|满|蒙古|维吾尔|壮|苗|彝|朝鲜|哈萨克)族|(?:基督|天主|伊斯兰|佛)教徒?|穆斯林"
    ),
    score=0.6,
    language="zh",
    signs="人族教林",
    han=True,
)
