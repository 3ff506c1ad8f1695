"""Topics of made-up vectors: three directions with little noise, so that what is right is known."""

import numpy as np
import pytest

from training.analysis.matching import COLOURS, Identity, identities, match
from training.analysis.nearest import Floats, means, nearest, unit
from training.analysis.topics import NO_TOPIC, Former, TopicMap, find_topics, turned_onto

SIZES = (50, 40, 30)
HEAPS = np.repeat([0, 1, 2], SIZES)


NEW = -2


def heap(direction: int, size: int, seed: int) -> Floats:
    noise = np.random.default_rng(seed).normal(scale=0.05, size=(size, 16))
    noise[:, direction] += 1
    return unit(noise.astype(np.float32))


@pytest.fixture(scope="module")
def vectors() -> Floats:
    return np.concatenate([heap(place, size, seed=place) for place, size in enumerate(SIZES)])


def keys_of(vectors: Floats) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    return np.arange(len(vectors), dtype=np.uint64)


@pytest.fixture(scope="module")
def found(vectors: Floats) -> TopicMap:
    return find_topics(vectors, keys_of(vectors))


def test_no_topic_mixes_heaps(found: TopicMap) -> None:
    assert len(found.kept) >= 3
    assert set(found.kept) == {None}
    for topic in range(len(found.kept)):
        assert len(set(HEAPS[found.topics == topic])) == 1


def test_topics_are_in_order_of_size(found: TopicMap) -> None:
    sizes = np.bincount(found.topics[found.topics >= 0])
    assert (np.diff(sizes) <= 0).all()


def test_like_texts_lie_together_on_the_map(found: TopicMap) -> None:
    apart = np.linalg.norm(found.places[:, None] - found.places, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (HEAPS[apart.argmin(axis=1)] == HEAPS).all()


def test_the_same_texts_give_the_same_map(vectors: Floats, found: TopicMap) -> None:
    again = find_topics(vectors, keys_of(vectors))
    assert np.array_equal(again.topics, found.topics)
    assert np.array_equal(again.places, found.places)


def former_of(found: TopicMap, more: int) -> Former:
    places = np.concatenate([found.places, np.full((more, 2), np.nan, np.float32)])
    topics = np.concatenate([found.topics, np.full(more, NO_TOPIC)])
    return Former(places, topics, found.centres, found.founded_on)


@pytest.fixture(scope="module")
def grown(vectors: Floats, found: TopicMap) -> TopicMap:
    """30 more texts: ten of a known heap and twenty of a new one."""
    more = np.concatenate([vectors, heap(2, 10, seed=7), heap(9, 20, seed=8)])
    return find_topics(more, keys_of(more), former=former_of(found, 30))


def test_with_more_texts_known_ones_keep_their_topic(found: TopicMap, grown: TopicMap) -> None:
    as_before = np.array([NEW if row is None else row for row in grown.kept] + [NO_TOPIC])
    known = found.topics != NO_TOPIC
    assert np.array_equal(as_before[grown.topics[:120]][known], found.topics[known])
    of_heap = set(found.topics[HEAPS == 2]) - {NO_TOPIC}
    assert np.isin(as_before[grown.topics[120:130]], list(of_heap)).sum() > 5


def test_what_is_new_becomes_a_topic_of_its_own(grown: TopicMap) -> None:
    new = [number for number, row in enumerate(grown.kept) if row is None]
    assert np.isin(grown.topics[130:], new).sum() > 10


def test_with_more_texts_the_map_stays(found: TopicMap, grown: TopicMap) -> None:
    width = float(np.ptp(found.places, axis=0).max())
    assert np.median(np.linalg.norm(grown.places[:120] - found.places, axis=1)) < 0.15 * width


def test_topics_found_afresh_are_known_again(vectors: Floats, found: TopicMap) -> None:
    less = vectors[:100]  # the smallest heap has lost most of its texts
    former = Former(found.places[:100], found.topics[:100], found.centres, found.founded_on)
    again = find_topics(less, keys_of(less), former=former, afresh=True)
    assert again.founded_on == 100
    for new, old in enumerate(again.kept):
        if old is not None:
            assert set(HEAPS[:100][again.topics == new]) == set(HEAPS[found.topics == old])
    assert any(old is not None for old in again.kept)


@pytest.mark.parametrize("many", [0, 1, 2, 5, 11])
def test_few_texts_have_places_and_no_topics(many: int) -> None:
    found = find_topics(heap(0, many, seed=1), np.arange(many, dtype=np.uint64))
    assert found.places.shape == (many, 2)
    assert np.isfinite(found.places).all()
    assert (found.topics == NO_TOPIC).all()


def test_a_map_is_turned_back() -> None:
    former = np.random.default_rng(3).normal(size=(20, 2)).astype(np.float32)
    angle = np.array([[0.6, -0.8], [0.8, 0.6]], dtype=np.float32)
    turned = former @ angle * 3 + 5
    former[15:] = np.nan
    assert np.allclose(turned_onto(turned, former)[:15], former[:15], atol=1e-4)


def test_two_known_texts_turn_nothing() -> None:
    places = np.ones((4, 2), np.float32)
    former = np.full((4, 2), np.nan, np.float32)
    former[:2] = 7
    assert np.array_equal(turned_onto(places, former), places)


def test_centres_are_matched_by_the_best_sum() -> None:
    former = unit(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32))
    new = unit(np.array([[0, 0, 1], [0.1, 1, 0], [1, 0.1, 0]], dtype=np.float32))
    assert match(former, new) == [None, 1, 0]


def test_centres_of_another_encoder_are_not_matched() -> None:
    assert match(np.ones((2, 4), np.float32), np.ones((3, 5), np.float32)) == [None] * 3


def test_a_known_topic_keeps_number_colour_and_name() -> None:
    former = [Identity(4, 7, "old")]
    kept, new = identities(["other words", "new"], [0, None], former, last=9)
    assert kept == former[0]
    assert (new.number, new.name) == (10, "new")
    assert new.colour not in (7,)


def test_colours_are_used_evenly() -> None:
    made = identities([""] * 2 * COLOURS, [None] * 2 * COLOURS, [], last=0)
    assert sorted(one.colour for one in made) == sorted([*range(COLOURS)] * 2)


def test_nearest_are_exact_and_in_order() -> None:
    base = unit(np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32))
    rows, near = nearest(base[:1], base, many=5)
    assert rows.tolist() == [[0, 2, 1]]
    assert near[0] == pytest.approx([1, 0.7071, 0], abs=1e-3)


def test_means_leave_out_what_is_in_no_group() -> None:
    found = means(np.array([[1.0], [3.0], [9.0]], np.float32), np.array([0, 0, -1]), 2)
    assert found.tolist() == [[2.0], [0.0]]
