"""The rows that a reader looks at, and what a picture needs of them. Nothing is computed anew."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.analysis import courses
from training.analysis.distributions import Periods, periods
from training.analysis.nearest import Ints
from training.analysis.rows import WHOLE, Labels, Mask, Turns


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """turns: (N,) which turns are looked at; items: (I,) which items; labels: (M,) which labels."""

    all_turns: Turns
    all_labels: Labels
    turns: Mask
    items: Mask
    labels: Mask

    @classmethod
    def at(cls, turns: Turns, labels: Labels, items: Collection[str] | None) -> "Look":
        """At all, or at the turns of these items only."""
        first = turns.id[turns.first_rows()]
        if items is None:
            chosen = np.ones(len(first), dtype=bool)
        else:
            known = set(items)
            chosen = np.array([one in known for one in first], dtype=bool)
        return cls(turns, labels, chosen[turns.item_of()], chosen, chosen[labels.item])

    def topic_sizes(self, topics: int) -> Ints:
        """(topics,) turns of each."""
        return _counted(self.all_turns.topic[self.turns], topics)

    def question_counts(self, questions: int) -> Ints:
        return _counted(self.all_turns.question[self.turns], questions)

    def topics_over_time(self, topics: int) -> tuple[Periods, Ints]:
        """(periods, topics) turns of each topic in each period."""
        there = self.turns & (self.all_turns.topic >= 0)
        when = periods(self.all_turns.at[there])
        shape = (len(when.starts), topics)
        cells = when.place * topics + self.all_turns.topic[there]
        return when, np.bincount(cells, minlength=shape[0] * topics).reshape(shape)

    def items_over_time(self) -> tuple[Periods, Ints]:
        """(periods,) items."""
        when = periods(self.all_turns.at[self.all_turns.first_rows()][self.items])
        return when, np.bincount(when.place, minlength=len(when.starts))

    def turns_per_item(self) -> Ints:
        return np.bincount(self.all_turns.item_of(), minlength=len(self.items))[self.items]

    def words(self, column: NDArray[np.object_]) -> list[tuple[str, int]]:
        """Each value of a column of turns with its count, the commonest first."""
        return sorted(Counter(column[self.turns]).items(), key=lambda pair: (-pair[1], pair[0]))

    def label_counts(self) -> dict[str, list[tuple[str, int]]]:
        """By field, each label with how often it was approved, the commonest first."""
        found: dict[str, Counter[str]] = {}
        pairs = zip(self.all_labels.field[self.labels], self.all_labels.label[self.labels], strict=True)
        for field, label in pairs:
            found.setdefault(field, Counter())[label] += 1
        return {field: counts.most_common() for field, counts in sorted(found.items())}

    def course(self, field: str) -> "Course":
        """How the labels of a field run over dialogues; empty where it has none turn by turn."""
        labels = self.all_labels
        chosen = self.labels & (labels.field == field) & (labels.turn != WHOLE)
        order = np.lexsort((labels.turn[chosen], labels.item[chosen]))
        item, turn, label = (part[chosen][order] for part in (labels.item, labels.turn, labels.label))
        lengths = np.bincount(self.all_turns.item_of(), minlength=len(self.items))
        names, codes = _numbered(label)
        counts, shares = courses.shares(courses.places(turn, lengths[item]), codes, max(len(names), 1))
        ways: dict[int, list[str]] = {}
        for number, name in zip(item.tolist(), label, strict=True):
            ways.setdefault(number, []).append(name)
        first = self.all_turns.id[self.all_turns.first_rows()]
        return Course(
            names, counts, shares, courses.paths(list(ways.values())), [first[number] for number in ways],
            courses.flows(list(ways.values())),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """counts, shares: (parts, L) of the labels. ids: of the dialogues, which a path's example is a row of."""

    labels: list[str]
    counts: Ints
    shares: NDArray[np.float64]
    paths: list[courses.Path]
    ids: list[str]
    flows: list[tuple[str, str, int]]


def _counted(numbers: Ints, kinds: int) -> Ints:
    return np.bincount(numbers[numbers >= 0], minlength=kinds)


def _numbered(words: NDArray[np.object_]) -> tuple[list[str], Ints]:
    names = [word for word, _ in Counter(words).most_common()]
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place[word] for word in words], dtype=np.int64)
