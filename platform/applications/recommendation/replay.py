"""The past again: what would have been recommended to people just before they chose something.

Of each person's interactions in the order of time the last one is the test, the one before it is for
learning the weights, and those before are the history ("leave the last one out"). At each of these moments
only what had happened by then counts: histories, popularity, and which items there were.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from applications.recommendation import matching, persons, popularity, vectors
from applications.recommendation.candidates import NEAR, NEW, POPULAR, probes_of
from applications.recommendation.matching import Matcher
from applications.recommendation.mixing.mixture import Floats, parts_of
from applications.recommendation.models import CatalogueItem, Interaction
from applications.recommendation.taste import PROFILE
from tasks_app.models import Project

MOST_PERSONS = 300
MOST_EVENTS = 500_000
LEAST_HISTORY = 2
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moment:
    """day: since popularity.EPOCH. history and seen: rows of the catalogue, the latest first. chosen: the
    rows that were chosen then. text, and its vector `words` (1, D): given where no history is."""

    day: float
    history: tuple[int, ...]
    seen: frozenset[int]
    chosen: frozenset[int]
    text: str = ""
    words: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A project's catalogue and interactions as arrays: (N,) items, (E,) interactions in order of time."""

    items: Sequence[CatalogueItem]
    arrays: NDArray[np.float32]
    published: Floats
    event_item: Rows
    event_day: Floats
    event_weight: Floats
    learning: Sequence[Moment]
    testing: Sequence[Moment]
    matches: dict[tuple[str, int], float] = field(default_factory=dict)

    def popularity(self, day: float, half_life: float) -> Floats:
        """(N,) n_i at that moment, by what had happened before it."""
        before = int(np.searchsorted(self.event_day, day, side="left"))
        faded = self.event_weight[:before] * 2.0 ** (-(day - self.event_day[:before]) / half_life)
        return np.bincount(self.event_item[:before], faded, minlength=len(self.items)).astype(np.float64)

    def open_at(self, moment: Moment) -> NDArray[np.bool_]:
        """(N,) whether an item was there and had not been touched by the person."""
        found = self.published <= moment.day
        found[list(moment.seen)] = False
        return found

    def parts(self, moment: Moment, half_life: float) -> Floats:
        """(N, 4) of every item, with the match left at 0."""
        counts = self.popularity(moment.day, half_life)
        mean = float(counts[self.published <= moment.day].mean()) if len(counts) else 0.0
        near = vectors.nearness(self.arrays, self.vectors_of(moment))
        return parts_of(near, counts, mean, moment.day - self.published)

    def vectors_of(self, moment: Moment) -> NDArray[np.float32]:
        """(H, D)"""
        if moment.words is not None:
            return moment.words
        found: NDArray[np.float32] = self.arrays[list(moment.history[:PROFILE])]
        return found

    def candidates(self, moment: Moment, half_life: float) -> Rows:
        """Rows that a request at that moment would have looked at, as candidates.py takes them."""
        rows = np.flatnonzero(self.open_at(moment))
        probes = probes_of(self.vectors_of(moment))
        wanted = [(self.popularity(moment.day, half_life), POPULAR), (self.published, NEW)]
        wanted += [(self.arrays @ probe, NEAR // len(probes)) for probe in probes]
        chosen = [rows[np.argsort(-values[rows], kind="stable")[:count]] for values, count in wanted]
        return np.unique(np.concatenate(chosen))

    def text_of(self, moment: Moment) -> str:
        return moment.text or matching.history_text([self.items[row] for row in moment.history])

    def judge(self, matcher: Matcher, asked: Sequence[tuple[Moment, Rows]]) -> None:
        """Have the model say how well each of the rows fits, for those of which it has not been asked."""
        wanted = [(self.text_of(moment), int(row)) for moment, rows in asked for row in rows]
        new = [key for key in dict.fromkeys(wanted) if key not in self.matches]
        pairs = [matching.pair_of(text, self.items[row]) for text, row in new]
        self.matches.update(zip(new, matcher.in_background(pairs), strict=True))

    def matched(self, moment: Moment, rows: Rows, parts: Floats) -> Floats:
        """(C, 4) of the rows, with what the model said of them."""
        text, found = self.text_of(moment), parts[rows].copy()
        found[:, 0] = [self.matches.get((text, int(row)), 0.0) for row in rows]
        return found


def read_past(project: Project) -> Past:
    """Of people who may be profiled, the latest MOST_PERSONS; popularity is everybody's."""
    items = list(CatalogueItem.objects.filter(project=project, active=True).order_by("pk"))
    row_of = {item.pk: row for row, item in enumerate(items)}
    events = _events(project, row_of)
    moments = _moments(events, persons.unprofiled(project.pk))
    return Past(
        items=items,
        arrays=vectors.array_of(items),
        published=np.array([day_of(item.published_at) for item in items]),
        event_item=np.array([event.row for event in events], dtype=np.int64),
        event_day=np.array([event.day for event in events]),
        event_weight=np.array([event.weight for event in events]),
        learning=[before for before, _last in moments],
        testing=[last for _before, last in moments],
    )


def day_of(at: datetime) -> float:
    return (at - popularity.EPOCH).total_seconds() / popularity.DAY


@dataclass(frozen=True, slots=True)
class _Event:
    person: UUID
    row: int
    day: float
    weight: float


def _events(project: Project, row_of: dict[UUID, int]) -> list[_Event]:
    rows = Interaction.objects.filter(item__project=project, item__active=True, person__restricted=False)
    found = rows.order_by("-at", "-pk").values_list("person", "item", "at", "kind")[:MOST_EVENTS]
    return [
        _Event(person, row_of[item], day_of(at), popularity.KIND_WEIGHTS[Interaction.Kind(kind)])
        for person, item, at, kind in reversed(found)
        if item in row_of
    ]


def _moments(events: Sequence[_Event], out: set[UUID]) -> list[tuple[Moment, Moment]]:
    chosen: dict[UUID, dict[int, float]] = defaultdict(dict)
    for event in events:
        if event.weight > 0 and event.person not in out:
            chosen[event.person].setdefault(event.row, event.day)
    long = [list(one.items()) for one in chosen.values() if len(one) >= LEAST_HISTORY + 2]
    long.sort(key=lambda one: -one[-1][1])
    return [(_moment(one[:-1]), _moment(one)) for one in long[:MOST_PERSONS]]


def _moment(chosen: Sequence[tuple[int, float]]) -> Moment:
    """The last one is what was chosen; all before it are the history."""
    *before, (row, day) = chosen
    rows = [one for one, _day in before]
    return Moment(day, tuple(reversed(rows)), frozenset(rows), frozenset([row]))
