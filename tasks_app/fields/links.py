"""Links between marked stretches of text, and which stretches of two people are the same one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Span = dict[str, Any]
Place = tuple[int, int, int]  # turn, start, end
Link = tuple[Span, Span, str]

# More than half in common: then two stretches that do not overlap cannot both be the same as a third.
SAME = 0.5


@dataclass(frozen=True, slots=True)
class Linked:
    """A relation's value that stands for itself. `sources` and `targets`: what could have been linked.

    `asked`: the pairs that anybody linked, where several people's values were aligned.
    """

    sources: tuple[Span, ...]
    targets: tuple[Span, ...]
    links: tuple[Link, ...]
    asked: frozenset[tuple[Place, Place]] = frozenset()


def place_of(span: Span) -> Place:
    return span["turn"], span["start"], span["end"]


def overlap(a: Place, b: Place) -> float:
    """Shared characters as a share of all that either one covers (Jaccard)."""
    shared = min(a[2], b[2]) - max(a[1], b[1])
    if a[0] != b[0] or shared <= 0:
        return 0.0
    return shared / (max(a[2], b[2]) - min(a[1], b[1]))


def nearest(place: Place, among: Iterable[Place]) -> Place | None:
    """The one that is the same stretch as `place`; of equally near ones the first in reading order."""
    near = [(overlap(place, other), other) for other in among]
    best = min(near, key=lambda pair: (-pair[0], pair[1]), default=(0.0, place))
    return best[1] if best[0] > SAME else None


def frame(values: Sequence[Linked]) -> dict[Place, Place]:
    """Each place that anybody marked -> the place that most people gave the same stretch."""
    counts: Counter[Place] = Counter()
    for value in values:
        counts.update({place_of(span) for span in (*value.sources, *value.targets)})
    chosen: list[Place] = []
    found: dict[Place, Place] = {}
    for place in sorted(counts, key=lambda place: (-counts[place], place)):
        found[place] = nearest(place, chosen) or place
        if found[place] == place:
            chosen.append(place)
    return found


def align(values: Sequence[Linked]) -> list[Linked]:
    """The values with their spans moved to common places, whatever order and index anybody gave them."""
    to = frame(values)

    def moved(span: Span) -> Span:
        turn, start, end = to[place_of(span)]
        return {**span, "turn": turn, "start": start, "end": end}

    asked = frozenset((to[place_of(a)], to[place_of(b)]) for value in values for a, b, _ in value.links)
    return [
        replace(
            value,
            sources=tuple(map(moved, value.sources)),
            targets=tuple(map(moved, value.targets)),
            links=tuple((moved(a), moved(b), label) for a, b, label in value.links),
            asked=asked,
        )
        for value in values
    ]


def likeness(a: Sequence[Link], b: Sequence[Link]) -> float:
    """F1 of two sets of links. Links of one label match as far as both their ends overlap, each link once."""
    if not a and not b:
        return 1.0
    pairs = [
        (score, sorted((_key(one), _key(other))), i, j)
        for i, one in enumerate(a)
        for j, other in enumerate(b)
        if (score := _match(one, other))
    ]
    # Best first; of equals by what they link, in an order that is the same when a and b change places.
    pairs.sort(key=lambda pair: (-pair[0], pair[1]))
    total, left, right = 0.0, set(range(len(a))), set(range(len(b)))
    for score, _, i, j in pairs:
        if i in left and j in right:
            total += score
            left.discard(i)
            right.discard(j)
    return 2 * total / (len(a) + len(b))


def _match(a: Link, b: Link) -> float:
    if a[2] != b[2]:
        return 0.0
    return overlap(place_of(a[0]), place_of(b[0])) * overlap(place_of(a[1]), place_of(b[1]))


def _key(link: Link) -> tuple[Place, Place, str]:
    return place_of(link[0]), place_of(link[1]), link[2]
