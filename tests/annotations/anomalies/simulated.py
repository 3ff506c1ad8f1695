"""A simulated crowd: honest people of many skills and paces, items hard and easy, and planted cheats."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from annotations.anomalies.given import Given


class Crowd:
    """`overlap` people for each of `items` items of 3 labels in unequal shares; skills from 0.6 to 0.97."""

    def __init__(
        self, seed: int, *, people: int = 20, items: int = 2400, overlap: int = 4, weak: Sequence[int] = ()
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.people, self.number = people, items
        self.truth = self.random.choice(3, items, p=[0.5, 0.3, 0.2])
        self.easy = self.random.normal(0, 0.8, items)  # the same for everybody: honest people err together
        self.decoy = (self.truth + self.random.integers(1, 3, items)) % 3
        self.chars = np.exp(self.random.normal(5.5, 0.6, items))
        self.skill = np.log(s := self.random.uniform(0.6, 0.97, people)) - np.log(1 - s)
        self.skill[list(weak)] = 0.8  # about 70 % right: what they copy is often wrong
        self.pace = self.random.normal(0, 0.35, people)
        self.asked = [self.random.choice(people, overlap, replace=False) for _ in range(items)]
        rows = [(worker, item) for item in self.random.permutation(items) for worker in self.asked[item]]
        self.workers, self.items = (np.array(part, dtype=np.int64) for part in zip(*rows, strict=True))
        right = self.random.random(len(rows)) < 1 / (
            1 + np.exp(-self.skill[self.workers] - self.easy[self.items])
        )
        # A wrong answer is mostly the item's decoy, so errors are alike without any talk.
        astray = self.random.random(len(rows)) < 0.75
        third = 3 - self.truth - self.decoy
        wrong = np.where(astray, self.decoy[self.items], third[self.items])
        self.keys = np.where(right, self.truth[self.items], wrong).astype(np.int64)
        noise = self.random.normal(0, 0.4, len(rows))
        reading = 0.7 * np.log(self.chars[self.items]) + self.pace[self.workers] + noise
        self.seconds = np.exp(reading - 0.5)

    def of(self, worker: int) -> Any:
        return self.workers == worker

    def rushes(self, worker: int) -> None:
        mine = self.of(worker)
        self.seconds[mine] = self.random.uniform(1, 3, mine.sum())
        self.keys[mine] = self.random.choice(3, mine.sum(), p=[0.5, 0.3, 0.2])

    def repeats_itself(self, worker: int, key: int = 0) -> None:
        self.keys[self.of(worker)] = key

    def cycles(self, worker: int, keys: Sequence[int] = (0, 1, 2)) -> None:
        mine = np.flatnonzero(self.of(worker))
        self.keys[mine] = [keys[n % len(keys)] for n in range(len(mine))]

    def copies(self, worker: int, source: int, share: float = 1.0) -> None:
        """Where both were asked, what `source` said. They ask for the same items, so they meet often."""
        theirs = {
            int(i): int(k)
            for i, k in zip(self.items[self.of(source)], self.keys[self.of(source)], strict=True)
        }
        for place in np.flatnonzero(self.of(worker)):
            if int(self.items[place]) in theirs and self.random.random() < share:
                self.keys[place] = theirs[int(self.items[place])]

    def given(self) -> Given:
        return Given(self.workers, self.items, self.keys, self.seconds, self.chars[self.items])
