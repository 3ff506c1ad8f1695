"""What people marked in one run of tokens, as places where they may mean the same span."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from annotations.aggregation.judgments import Judgment

OUTSIDE = "O"
_MOST_CANDIDATES = 40  # of one place; more only where a crowd marks at random


@dataclass(frozen=True, slots=True)
class Mark:
    """Tokens from `first` up to, but without, `last`."""

    first: int
    last: int
    label: str

    def overlap(self, other: "Mark") -> int:
        return min(self.last, other.last) - max(self.first, other.first)


Reading = tuple[Mark, ...]  # what is, or was taken to be, marked in one place


@dataclass(frozen=True, slots=True)
class Run:
    """The tokens of one turn (and layer) of one item, in order, and what each worker marked in it."""

    units: tuple[str, ...]
    marks: Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Place:
    """Tokens that marks connect. `candidates`: what may be true there, "nothing" first; `said`: by worker."""

    run: Run
    candidates: tuple[Reading, ...]
    said: Mapping[str, Reading]


def runs_of(judgments: Iterable[Judgment]) -> Iterator[Run]:
    """Units are named "...turn:start:end" with an optional ":layer"; people judge all tokens of a run."""
    tags: dict[tuple[str, str, str], dict[str, dict[int, tuple[str, str]]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for worker, unit, label in judgments:
        turn, start, rest = _split(unit)
        tags[turn, rest.partition(":")[2], ""][worker][start] = (unit, label)
    for said in tags.values():
        starts = sorted({start for given in said.values() for start in given})
        names = {start: unit for given in said.values() for start, (unit, _) in given.items()}
        yield Run(
            units=tuple(names[start] for start in starts),
            marks={
                worker: _marks([given[start][1] if start in given else OUTSIDE for start in starts])
                for worker, given in said.items()
            },
        )


def places_of(run: Run) -> Iterator[Place]:
    """Marks that overlap, directly or through others, are one place."""
    for first, last in _stretches([mark for given in run.marks.values() for mark in given]):
        said = {
            worker: tuple(mark for mark in given if first <= mark.first < last)
            for worker, given in run.marks.items()
        }
        yield Place(run, _candidates(list(said.values())), said)


def _split(unit: str) -> tuple[str, int, str]:
    """("...turn", start, "end" or "end:layer"); an item's number may stand in front, set off by "|"."""
    item, bar, own = unit.rpartition("|")
    turn, start, rest = own.split(":", 2)
    return f"{item}{bar}{turn}", int(start), rest


def _marks(tags: Sequence[str]) -> Reading:
    found: list[Mark] = []
    for place, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        goes_on = tag.startswith("I-") and found and found[-1].last == place and found[-1].label == tag[2:]
        if goes_on:
            found[-1] = Mark(found[-1].first, place + 1, tag[2:])
        else:
            found.append(Mark(place, place + 1, tag[2:]))
    return tuple(found)


def _stretches(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for mark in sorted(marks, key=lambda mark: (mark.first, mark.last)):
        if stretches and mark.first < stretches[-1][1]:
            stretches[-1] = stretches[-1][0], max(stretches[-1][1], mark.last)
        else:
            stretches.append((mark.first, mark.last))
    return stretches


def _candidates(said: Sequence[Reading]) -> tuple[Reading, ...]:
    """Nothing; what anybody marked as a whole; and one span of any beginning, end and label among them."""
    given = dict.fromkeys(reading for reading in said if reading)
    marks = [mark for reading in given for mark in reading]
    starts, ends = sorted({m.first for m in marks}), sorted({m.last for m in marks})
    crossed = (
        (Mark(first, last, label),)
        for first, last, label in product(starts, ends, sorted({m.label for m in marks}))
        if first < last
    )
    return tuple(dict.fromkeys([(), *given, *crossed]))[:_MOST_CANDIDATES]
