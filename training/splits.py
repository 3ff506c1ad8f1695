"""Which group of items goes to which split. Pure: the same groups always give the same answer."""

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

TRAIN, DEV, TEST = "train", "dev", "test"
TEST_SHARE = 0.2
DEV_SHARE = 0.1
MIN_TEST = 5
MIN_TRAIN = 20


@dataclass(frozen=True, slots=True)
class Member:
    """An item as far as splitting cares: `group` never crosses splits, `pin` is "", "train" or "test"."""

    item: str
    group: str
    pin: str = ""


def assign_splits(members: Iterable[Member], *, frozen: Iterable[str] = (), salt: str = "") -> dict[str, str]:
    """Group -> split. `frozen` are the groups that were test in an earlier snapshot and stay it for ever.

    Test first: what is frozen, what is pinned to it, then of the unpinned groups those whose hash falls into
    the lowest TEST_SHARE, topped up in hash order to MIN_TEST, so that a small project can be tested
    too. Dev is the DEV_SHARE of the rest with the lowest hashes. Pins win over hashes; of two pins in one
    group, and of a pin against a frozen group, test wins: what was ever tested on is never trained on.
    """
    pins = _pins(members)
    frozen = set(frozen)
    test = {group for group, pin in pins.items() if pin == TEST or group in frozen}
    free = sorted((g for g, pin in pins.items() if not pin and g not in test), key=_order(salt + "test"))
    wanted = sum(place_of(salt + "test", group) < TEST_SHARE for group in free)
    # Half of what is free stays for training however small the project is.
    missing = min(MIN_TEST - len(test) - wanted, len(free) // 2 - wanted)
    test.update(free[: wanted + max(missing, 0)])
    rest = sorted((group for group in pins if group not in test), key=_order(salt + "dev"))
    dev = set(rest[: math.ceil(DEV_SHARE * len(rest))]) if len(rest) > 1 else set()
    return {group: TEST if group in test else DEV if group in dev else TRAIN for group in pins}


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


def _pins(members: Iterable[Member]) -> dict[str, str]:
    pins: dict[str, str] = {}
    for member in members:
        known = pins.setdefault(member.group, member.pin)
        if member.pin == TEST or not known:
            pins[member.group] = member.pin or known
    return pins


def place_of(salt: str, group: str) -> float:
    """A place in [0, 1) that depends on nothing but the group."""
    digest = hashlib.sha256(f"{salt}\0{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _order(salt: str) -> Callable[[str], tuple[float, str]]:
    """Sort key: by hash, then by name, so that no two groups tie."""
    return lambda group: (place_of(salt, group), group)
