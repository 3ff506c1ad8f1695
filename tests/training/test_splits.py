import random
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pytest

from training import splits
from training.splits import DEV, MIN_TEST, SPLITS, TEST, TRAIN, Members, Plan, too_few


class Member(NamedTuple):
    item: str
    group: str
    pin: str = ""
    label: str = ""
    text: int | None = None  # equal numbers: near-duplicates


def plan_of(given: list[Member], frozen: Iterable[str] = (), salt: str = "", *, by_lot: bool = False) -> Plan:
    members = Members()
    for member in given:
        label = [member.label] if member.label else []
        members.add(uuid.uuid4().bytes, member.group, salt=salt, pin=member.pin, labels=label)
    firsts: dict[int, int] = {}
    roots = [
        place if member.text is None else firsts.setdefault(member.text, place)
        for place, member in enumerate(given)
    ]
    places = [splits.group_places(salt, group)[0] for group in frozen]
    return splits.assign_splits(members, frozen=places, roots=np.array(roots), by_lot=by_lot)


def assign_splits(given: list[Member], *, frozen: Iterable[str] = (), salt: str = "") -> dict[str, str]:
    """Group -> split; a group of which nothing is left does not come."""
    found = plan_of(given, frozen, salt).splits.tolist()
    by_group = {(member.group, SPLITS[n]) for member, n in zip(given, found, strict=True) if n >= 0}
    assert len(dict(by_group)) == len(by_group), "a group crosses the splits"
    return dict(by_group)


def members(count: int, pin: str = "") -> list[Member]:
    return [Member(f"item-{n}", f"group-{n}", pin) for n in range(count)]


def test_shares_are_near_what_is_asked() -> None:
    found = list(assign_splits(members(2000)).values())
    assert 0.17 < found.count(TEST) / 2000 < 0.23
    assert 0.07 < found.count(DEV) / 2000 < 0.09


def test_order_of_arrival_changes_nothing() -> None:
    shuffled = members(300)
    random.Random(1).shuffle(shuffled)  # noqa: S311
    assert assign_splits(shuffled) == assign_splits(members(300))


def test_what_was_test_stays_test_when_more_comes() -> None:
    before = assign_splits(members(200), salt="p")
    tested = {g for g, s in before.items() if s == TEST}
    after = assign_splits(members(900), salt="p", frozen=tested)
    assert tested <= {g for g, s in after.items() if s == TEST}


def test_the_same_again_with_its_own_test_groups_frozen_changes_nothing() -> None:
    for count in (2, 6, 9, 31, 200):
        labelled = [
            Member(f"{n}", f"group-{n}", label="rare" if n % 9 == 0 else "common") for n in range(count)
        ]
        before = assign_splits(labelled)
        assert assign_splits(labelled, frozen={g for g, s in before.items() if s == TEST}) == before


def test_every_label_has_its_share_in_every_split() -> None:
    sizes = {"common": 800, "seldom": 90, "rare": 10}
    given = [Member(f"{x}{n}", f"{x}{n}", label=x) for x, size in sizes.items() for n in range(size)]
    for salt in "abc":
        found = Counter(
            (group.rstrip("0123456789"), s) for group, s in assign_splits(given, salt=salt).items()
        )
        assert [found[name, TEST] for name in sizes] == [160, 18, 2]
        assert [found[name, DEV] for name in sizes] == [64, 7, 1]


def test_near_duplicates_never_cross_the_split() -> None:
    given = [Member(f"{n}", f"group-{n}", text=n // 4) for n in range(400)]
    found = assign_splits(given)
    assert all(len({found[f"group-{4 * t + k}"] for k in range(4)}) == 1 for t in range(100))
    plan = plan_of(given)
    assert (plan.joined, plan.clusters, plan.left_out) == (400, 100, 0)


def test_groups_tied_by_one_text_are_split_as_one_with_all_their_items() -> None:
    chain = [Member(f"{n}{k}", f"g{n}", text=n + k) for n in range(5) for k in range(2)]
    found = assign_splits([*chain, *members(60)])
    assert len({found[f"g{n}"] for n in range(5)}) == 1


def test_what_resembles_a_frozen_test_item_is_left_out() -> None:
    given = [*members(50), Member("old", "old", text=7), Member("new", "new", text=7), Member("x", "new")]
    plan = plan_of(given, frozen=["old"])
    named = dict(zip([member.item for member in given], plan.splits.tolist(), strict=True))
    assert plan.left_out == 1 and named["new"] == splits.LEFT_OUT
    assert SPLITS[named["old"]] == TEST and named["x"] >= 0


def test_a_cluster_of_half_the_project_does_not_become_the_test_set() -> None:
    for salt in map(str, range(20)):
        given = [*members(100), *(Member(f"s{n}", f"same-{n}", text=1) for n in range(100))]
        found = Counter(SPLITS[n] for n in plan_of(given, salt=salt).splits.tolist())
        assert 15 <= found[TEST] <= 25


def test_frozen_groups_are_test_even_when_pinned_to_train() -> None:
    splits = assign_splits(members(50, TRAIN), frozen={"group-7"})
    assert [group for group, split in splits.items() if split == TEST] == ["group-7"]


def test_pins_win_over_hashes() -> None:
    mixed = [*members(100, TRAIN), Member("x", "x", TEST)]
    assert [g for g, s in assign_splits(mixed).items() if s == TEST] == ["x"]


@pytest.mark.parametrize("pins", [("train", "test"), ("test", "train"), ("", "test")])
def test_of_two_pins_in_one_group_test_wins(pins: tuple[str, str]) -> None:
    group = [Member("a", "g", pins[0]), Member("b", "g", pins[1])]
    assert assign_splits([*group, *members(30)])["g"] == TEST


def test_a_small_project_can_be_tested_too() -> None:
    for count in range(30, 60):
        found = list(assign_splits(members(count), salt=str(count)).values())
        assert found.count(TEST) >= MIN_TEST
        assert found.count(DEV) >= 1


def test_hardly_anything_leaves_half_for_training() -> None:
    found = list(assign_splits(members(6)).values())
    assert found.count(TEST) <= 3


def test_too_few_says_what_is_missing() -> None:
    assert too_few({TRAIN: 10, DEV: 2, TEST: 5}) == ["train 12/20"]
    assert too_few({TRAIN: 18, DEV: 2, TEST: 1}) == ["test 1/5"]
    assert too_few({TRAIN: 18, DEV: 2, TEST: 5}) == []


def test_where_a_model_chose_what_is_asked_the_test_is_what_it_had_no_say_in() -> None:
    """A tenth of what is approved was drawn by lot; the rest, which a model chose, is never tested on."""
    held, chosen = [], []
    for n in range(4000):
        group = f"group-{n}"
        lot = splits.is_held_out(group, pin="", frozen=(), salt="p")
        (held if lot else chosen).append(Member(group, group, label="rare" if n % 7 == 0 else "common"))
    given = [*held[:100], *chosen[:900]]
    plan = plan_of(given, salt="ptest", by_lot=True)
    tested = {
        member.group for member, n in zip(given, plan.splits.tolist(), strict=True) if SPLITS[n] == TEST
    }
    assert tested == {member.group for member in held[:100]}
    assert Counter(SPLITS[n] for n in plan_of(given, salt="ptest").splits.tolist())[TEST] == 200
