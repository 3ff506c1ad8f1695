"""Which detectors have to read a turn, worked out for all of them at once.

Each detector is one bit. A turn's digits, words, signs and script each leave a set of bits; what is in all of
them is read. For each detector that comes to the same as asking its gate, which a test holds against this.
"""

from collections.abc import Iterable
from functools import cache

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Detector
from privacy.pii.finding import Scope
from privacy.pii.registry import DETECTORS, FURTHER


class Plan:
    def __init__(self, detectors: Iterable[Detector]) -> None:
        self.detectors = tuple(detectors)
        gates = [detector.gate for detector in self.detectors]
        self._also = [gate.also for gate in gates]
        most = max((gate.digits for gate in gates), default=0)
        self._by_digits = [_bits(gate.digits <= n for gate in gates) for n in range(most + 1)]
        self._words = frozenset(word for gate in gates for word in gate.words)
        self._by_word = {word: _bits(word in gate.words for gate in gates) for word in self._words}
        self._without_words = _bits(not gate.words for gate in gates)
        signs = {sign for gate in gates for sign in gate.signs}
        self._by_sign = [(sign, _bits(sign in gate.signs for gate in gates)) for sign in sorted(signs)]
        self._without_signs = _bits(not gate.signs for gate in gates)
        self._without_han = _bits(not gate.han for gate in gates)
        self._without_capital = _bits(not gate.capital for gate in gates)

    def wanted(self, clues: Clues) -> list[Detector]:
        """The detectors whose gates open for the turn, in their order."""
        left = self._candidates(clues)
        found: list[Detector] = []
        while left:
            lowest = left & -left
            left ^= lowest
            at = lowest.bit_length() - 1
            also = self._also[at]
            if also is None or also(clues):
                found.append(self.detectors[at])
        return found

    def _candidates(self, clues: Clues) -> int:
        left = self._by_digits[min(clues.digits, len(self._by_digits) - 1)]
        if not clues.han:
            left &= self._without_han
        if not clues.capital:
            left &= self._without_capital
        worded = self._without_words
        for word in self._words & clues.word_set:
            worded |= self._by_word[word]
        signed = self._without_signs
        for sign, bits in self._by_sign:
            if sign in clues.text:
                signed |= bits
        return left & worded & signed


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << at for at, flag in enumerate(flags) if flag)


@cache
def plan_for(language: str | None, kinds: frozenset[str] | None, scope: Scope = "direct") -> Plan:
    """`language` "en" or "zh" leaves the other one's detectors out; `kinds` keeps those that report one;
    `scope` "all" adds the detectors of further kinds.
    """
    return Plan(
        detector
        for detector in (DETECTORS if scope == "direct" else DETECTORS + FURTHER)
        if (not language or detector.language in (None, language))
        and (kinds is None or not detector.kinds.isdisjoint(kinds))
    )
