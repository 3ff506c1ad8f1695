"""From which similarity on a known answer is right often enough."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chosen:
    """similarity: None where no threshold reaches what is wanted. covered: share of questions above it."""

    similarity: float | None
    precision: float | None
    covered: float
    questions: int


def choose_threshold(tried: Sequence[tuple[float, bool]], *, wanted: float, least: int = 20) -> Chosen:
    """The lowest similarity at which a share of at least `wanted` of what lies above it is right.

    tried: (similarity of the nearest, whether it was right). A threshold counts when at least `least`
    questions lie at or above it: of fewer no share can be told.
    """
    ordered = sorted(tried, key=lambda one: -one[0])
    best, right = Chosen(None, None, 0.0, len(ordered)), 0
    for number, (similarity, good) in enumerate(ordered, start=1):
        right += good
        last_of_equals = number == len(ordered) or ordered[number][0] < similarity
        if last_of_equals and number >= least and right / number >= wanted:
            best = Chosen(similarity, right / number, number / len(ordered), len(ordered))
    return best
