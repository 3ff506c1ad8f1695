"""Texts that are the same but for case, width and white space; and turns that recur in many conversations."""

import unicodedata
from array import array
from collections import Counter
from hashlib import blake2b

Key = bytes
LEAST = 5  # conversations; what recurs in fewer is chance


def key_of(text: str) -> Key:
    """8 bytes; two of a million texts share one by chance with a probability of 3 in 100 million."""
    same = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return blake2b(same.encode(), digest_size=8).digest()


class Firsts:
    """Remembers for each text the number of the first that is the same."""

    def __init__(self) -> None:
        self._first: dict[Key, int] = {}
        self.first = array("q")

    def add(self, key: Key) -> int:
        number = self._first.setdefault(key, len(self.first))
        self.first.append(number)
        return number


class Recurring:
    """Counts in how many conversations a turn's words occur; one that repeats itself counts once."""

    def __init__(self) -> None:
        self._conversations: Counter[Key] = Counter()
        self.conversations = 0

    def add(self, turns: list[Key]) -> None:
        self._conversations.update(set(turns))
        self.conversations += 1

    def share(self, turn: Key) -> float:
        """0..1 of the conversations; 0 for what recurs in fewer than LEAST."""
        count = self._conversations[turn]
        return count / self.conversations if count >= LEAST else 0.0
