"""From which similarity on a known answer is right often enough."""

from collections.abc import Sequence
from dataclasses import dataclass

Candidates = Sequence[tuple[float, bool]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """similarity: None where no threshold reaches what is wanted. covered: share of questions answered."""

    similarity: float | None
    precision: float | None
    covered: float
    questions: int


def shown(candidates: Candidates, least: float) -> bool | None:
    """Whether what is shown at a threshold is right: the first at least so alike; None where none is."""
    return next((right for similarity, right in candidates if similarity >= least), None)


def measure(tried: Sequence[Candidates], least: float | None) -> Chosen:
    """What a threshold that was chosen on others reaches on these questions."""
    told = [shown(one, least) for one in tried] if least is not None else []
    answered = [right for right in told if right is not None]
    precision = sum(answered) / len(answered) if answered else None
    return Chosen(least, precision, len(answered) / len(tried) if tried else 0.0, len(tried))


def choose_threshold(tried: Sequence[Candidates], *, wanted: float, least: int = 20) -> Chosen:
    """The similarity at which most questions are answered and a share of at least `wanted` of what is shown
    is right; of several that answer as many, the highest.

    tried: for each question its candidates in the order of the search, as (similarity, whether it is right);
    what is shown is the first that reaches the threshold, which need not be the most alike. A threshold
    counts when at least `least` questions are answered at it: of fewer no share can be told.
    """
    places = [
        (similarity, question, place)
        for question, candidates in enumerate(tried)
        for place, (similarity, _right) in enumerate(candidates)
    ]
    places.sort(key=lambda one: (-one[0], one[1], one[2]))
    first: dict[int, int] = {}  # question -> place of what is shown of it, as the threshold goes down
    best, right = Chosen(None, None, 0.0, len(tried)), 0
    for number, (similarity, question, place) in enumerate(places):
        before = first.get(question)
        if before is None or place < before:
            right += tried[question][place][1] - (tried[question][before][1] if before is not None else 0)
            first[question] = place
        last_of_equals = number + 1 == len(places) or places[number + 1][0] < similarity
        # Lower down, where nobody more is answered, lie only candidates that nobody sees: no reason to go on.
        covers_more = len(first) / len(tried) > best.covered
        if last_of_equals and covers_more and len(first) >= least and right / len(first) >= wanted:
            best = Chosen(similarity, right / len(first), len(first) / len(tried), len(tried))
    return best
