"""Which group of items goes to which split. Pure: the same groups always give the same answer."""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.near_duplicates import Forest

Ints = NDArray[np.int64]
Longs = NDArray[np.uint64]
Flags = NDArray[np.bool_]

TRAIN, DEV, TEST = "train", "dev", "test"
SPLITS = (TRAIN, DEV, TEST)
LEFT_OUT = -1  # in place of a split's number
TEST_SHARE = 0.2
DEV_SHARE = 0.1
MIN_TEST = 5
MIN_TRAIN = 20
# A cluster with more items than this, and more than LARGE_SHARE of all, is the last to be drawn for a test.
LARGE, LARGE_SHARE = 10, 0.02
_PINS = {"": 0, TRAIN: 1, TEST: 2}


@dataclass(slots=True)
class Members:
    """N items as far as splitting cares, in arrays: a million take some forty megabytes.

    items: N ids of 16 bytes. groups, dev_places: N places of the items' groups (`group_places`); the first
    stands for the group as well. pins: N of _PINS. labels: what each item is labelled with, as numbers from
    `label_number`, at least one of each item, item n's ending at ends[n + 1].
    """

    items: bytearray = field(default_factory=bytearray)
    groups: "array[int]" = field(default_factory=lambda: array("Q"))
    dev_places: "array[int]" = field(default_factory=lambda: array("Q"))
    pins: "array[int]" = field(default_factory=lambda: array("b"))
    labels: "array[int]" = field(default_factory=lambda: array("l"))
    ends: "array[int]" = field(default_factory=lambda: array("q", [0]))
    numbers: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.groups)

    def add(self, item: bytes, group: str, *, salt: str, pin: str = "", labels: Iterable[str] = ()) -> None:
        """`group` never crosses splits; `pin` is "", "train" or "test"."""
        place, dev_place = group_places(salt, group)
        self.items += item
        self.groups.append(place)
        self.dev_places.append(dev_place)
        self.pins.append(_PINS[pin])
        for label in sorted(set(labels)) or [""]:
            self.labels.append(self.numbers.setdefault(label, len(self.numbers)))
        self.ends.append(len(self.labels))


@dataclass(frozen=True, slots=True)
class Plan:
    """splits: (N,) numbers in SPLITS, or LEFT_OUT. joined: items that have a near-duplicate, in `clusters`
    clusters. left_out: items that resemble a test item of another group, and are in no split."""

    splits: Ints
    joined: int
    clusters: int
    left_out: int


def assign_splits(
    members: Members, *, frozen: Iterable[int] = (), roots: Ints | None = None, by_lot: bool = False
) -> Plan:
    """The split of each item. `frozen` are the places of the groups that were test in an earlier snapshot and
    stay it for ever; `roots` the near-duplicate cluster of each item (`near_duplicates.cluster`).

    Groups that share a near-duplicate are split as one. Test first: what is frozen or pinned to it, then, of
    each stratum (clusters with the same rarest label), those with the lowest hash until a fifth of it is
    test, topped up in hash order to MIN_TEST. Dev is drawn likewise from the rest. An item that resembles a
    frozen or pinned test item, without being in its group, is left out: in test it would change what earlier
    versions were measured on, and in training it would give the answer away. Pins win over hashes; of two
    pins in one group, and of a pin against a frozen group, test wins: what was ever tested on is never
    trained on.

    by_lot: where a model chose what was asked, only groups that it had no say in (`is_held_out`) are drawn
    for the test, whatever their labels; others only up to MIN_TEST.
    """
    size = len(members)
    roots = np.arange(size) if roots is None else roots
    places, group_of = np.unique(np.array(members.groups, dtype=np.uint64), return_inverse=True)  # (G,), (N,)
    pins = np.array(members.pins)
    tested = np.isin(places, np.fromiter(frozen, dtype=np.uint64))  # (G,)
    tested[group_of[pins == _PINS[TEST]]] = True
    near_test = np.zeros(size, dtype=bool)  # by root
    near_test[roots[tested[group_of]]] = True
    left_out = near_test[roots] & ~tested[group_of]

    cluster_of_group = _joint(group_of, roots, ~left_out, len(places))
    units, unit_of = np.unique(cluster_of_group[group_of], return_inverse=True)  # (U,), (N,)
    drawn = _Units.of(members, unit_of, len(units), tested[group_of] & ~left_out, pins, left_out)
    split_of_unit = drawn.draw(by_lot=by_lot)
    splits = np.where(left_out, LEFT_OUT, split_of_unit[unit_of])
    sizes = np.bincount(roots, minlength=size)
    return Plan(splits, int(sizes[sizes > 1].sum()), int((sizes > 1).sum()), int(left_out.sum()))


def _joint(group_of: Ints, roots: Ints, kept: Flags, groups: int) -> Ints:
    """(G,) one group for all groups that near-duplicates tie together."""
    forest = Forest(groups)
    first = np.full(len(roots), -1)
    for place in np.flatnonzero(kept & (np.bincount(roots, minlength=len(roots))[roots] > 1)).tolist():
        root, group = roots[place], int(group_of[place])
        if first[root] < 0:
            first[root] = group
        else:
            forest.join(int(first[root]), group)
    return forest.roots()


@dataclass(frozen=True, slots=True)
class _Units:
    """U clusters of groups: what is drawn as one."""

    test: Flags
    pinned: Flags
    strata: Ints
    large: Flags
    places: Longs
    dev_places: Longs

    @classmethod
    def of(
        cls, members: Members, unit_of: Ints, count: int, tested: Flags, pins: NDArray[np.int8], left: Flags
    ) -> "_Units":
        test, pinned = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        test[unit_of[tested]] = True
        pinned[unit_of[(pins == _PINS[TRAIN]) & ~left]] = True
        sizes = np.bincount(unit_of[~left], minlength=count)
        strata = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(strata, unit_of, _rarest(members))
        return cls(
            test=test,
            pinned=pinned & ~test,
            strata=strata,
            large=(sizes > LARGE) & (sizes > LARGE_SHARE * len(unit_of)),
            places=_lowest(members.groups, unit_of, count),
            dev_places=_lowest(members.dev_places, unit_of, count),
        )

    def draw(self, *, by_lot: bool) -> Ints:
        """(U,) numbers in SPLITS."""
        found = np.zeros(len(self.test), dtype=np.int64)
        free = ~self.test & ~self.pinned
        known, room = int(self.test.sum()), int(free.sum())
        target = max(MIN_TEST, round(TEST_SHARE * (room + known)))
        # Half of what is there stays for training however small the project is.
        most = max((room + known) // 2 - known, 0)
        lot = free & (self.places < TEST_SHARE * 2**64)
        if by_lot and known + lot.sum() >= MIN_TEST and lot.sum() <= most:
            chosen = lot
        else:
            target = MIN_TEST if by_lot else target
            chosen = self._draw(free, self.test, 0.0 if by_lot else TEST_SHARE, self.places, target, most)
        found[self.test | chosen] = SPLITS.index(TEST)
        rest = ~self.test & ~chosen
        count = int(rest.sum())
        if count > 1:
            wanted = -int(-DEV_SHARE * count // 1)
            none = np.zeros_like(rest)
            found[self._draw(rest, none, DEV_SHARE, self.dev_places, wanted, count // 2)] = SPLITS.index(DEV)
        return found

    def _draw(self, free: Flags, known: Flags, share: float, places: Longs, target: int, most: int) -> Flags:
        """Of `free`, the lowest places of each stratum until `share` of it is chosen or known, of three or
        more at least one; then the lowest of all until `target` are. Never more than `most`."""
        names, stratum = np.unique(self.strata, return_inverse=True)
        there = np.bincount(stratum[known], minlength=len(names))
        total = np.bincount(stratum[free], minlength=len(names)) + there
        quota = np.maximum(np.floor(share * total + 0.5), (total >= 3) & (share > 0)) - there
        order = np.lexsort((places, self.large, stratum))
        order = order[free[order]]
        starts = np.searchsorted(stratum[order], np.arange(len(names)))
        within = np.arange(len(order)) - starts[stratum[order]]
        first = order[within < quota[stratum[order]]]
        everyone = np.lexsort((places, self.large))
        taken = np.zeros_like(free)
        first = first[np.lexsort((places[first], self.large[first]))][:most]
        taken[first] = True
        lacking = min(target - int(known.sum()), most) - len(first)
        others = everyone[free[everyone] & ~taken[everyone]]
        taken[others[: max(lacking, 0)]] = True
        return taken


def _rarest(members: Members) -> Ints:
    """(N,) the rarest of each item's labels, numbered by how rare it is; ties by name."""
    labels = np.array(members.labels, dtype=np.int64)
    counts = np.bincount(labels, minlength=len(members.numbers)).tolist()
    ranked = sorted(members.numbers, key=lambda name: (counts[members.numbers[name]], name))
    rank = np.zeros(len(ranked), dtype=np.int64)
    rank[[members.numbers[name] for name in ranked]] = np.arange(len(ranked))
    starts = np.array(members.ends[:-1], dtype=np.int64)
    return np.minimum.reduceat(rank[labels], starts) if len(starts) else np.zeros(0, dtype=np.int64)


def _lowest(places: Sequence[int], unit_of: Ints, count: int) -> Longs:
    """(U,) a cluster's place is the lowest of its groups'."""
    found = np.full(count, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(found, unit_of, np.array(places, dtype=np.uint64))
    return found


def is_held_out(group: str, *, pin: str, frozen: Collection[str], salt: str) -> bool:
    """Whether an item of this group would be tested on, as far as can be told before it is approved."""
    if pin or group in frozen:
        return pin == TEST or group in frozen
    return place_of(salt + "test", group) < TEST_SHARE


def too_few(counts: Mapping[str, int]) -> list[str]:
    """What is missing, by split, before a model can be trained and honestly tested; else empty."""
    train, test = counts.get(TRAIN, 0) + counts.get(DEV, 0), counts.get(TEST, 0)
    missing = []
    if train < MIN_TRAIN:
        missing.append(f"train {train}/{MIN_TRAIN}")
    if test < MIN_TEST:
        missing.append(f"test {test}/{MIN_TEST}")
    return missing


def group_places(salt: str, group: str) -> tuple[int, int]:
    """A group's place for the test draw and for the dev draw, two 64-bit numbers.

    The first stands for the group wherever groups are compared: that two of a million share it has a chance
    of 3e-8, and would only keep them together.
    """
    digest = hashlib.sha256(f"{salt}\0{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big")


def place_of(salt: str, group: str) -> float:
    """A place in [0, 1) that depends on nothing but the group."""
    return group_places(salt, group)[0] / 2**64
