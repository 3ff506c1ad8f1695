import random

import pytest

from training.splits import DEV, MIN_TEST, TEST, TRAIN, Member, assign_splits, too_few


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
    after = assign_splits(members(900), salt="p")
    assert {g for g, s in before.items() if s == TEST} <= {g for g, s in after.items() if s == TEST}


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
