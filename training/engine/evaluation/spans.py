"""How guessed spans differ from true ones: wrong label, wrong ends, missed, made up."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from training.engine.metrics import Report, confusion

Named = tuple[int, int, str]  # start, end, label
NONE = ""  # as a truth: nothing there (spurious); as a prediction: nothing found (missed)
KINDS = ("exact", "ends", "label", "both", "missed", "spurious")


def matched_report(turns: Iterable[tuple[set[Named], set[Named]]], labels: Sequence[str]) -> Report:
    """Confusion of labels over spans that overlap, with a row for what was made up and a column for misses.

    kinds: how many pairs were exact, had the right label but other ends, the right ends but another label,
    or neither; how many true spans were missed, and guessed ones spurious.
    """
    pairs, kinds = Counter[tuple[str, str]](), Counter[str]()
    for truth, guess in turns:
        for one, other in match(truth, guess):
            pairs[one[2] if one else NONE, other[2] if other else NONE] += 1
            kinds[_kind(one, other)] += 1
    return {
        "confusion": confusion(pairs.elements(), [*labels, NONE]),
        "kinds": {kind: kinds[kind] for kind in KINDS},
    }


def match(truth: Collection[Named], guess: Collection[Named]) -> list[tuple[Named | None, Named | None]]:
    """Each span of either side once: with the one of the other side that it shares most with, or alone.

    Greedy by the share of characters in common (intersection over union), equal labels first among equals.
    """
    found: list[tuple[Named | None, Named | None]] = []
    shared = [(_overlap(a, b), a[2] == b[2], a, b) for a in sorted(truth) for b in sorted(guess)]
    left, right = set(truth), set(guess)
    for share, _same, one, other in sorted(shared, key=lambda entry: entry[:2], reverse=True):
        if share > 0 and one in left and other in right:
            left.discard(one)
            right.discard(other)
            found.append((one, other))
    return [*found, *((span, None) for span in sorted(left)), *((None, span) for span in sorted(right))]


def labels_of(spans: Iterable[Named]) -> tuple[str, ...]:
    """Their labels, one for each span, in order of place."""
    return tuple(label for _, _, label in sorted(spans))


def _overlap(one: Named, other: Named) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(shared, 0) / (max(one[1], other[1]) - min(one[0], other[0]))


def _kind(one: Named | None, other: Named | None) -> str:
    if one is None or other is None:
        return "missed" if other is None else "spurious"
    if one == other:
        return "exact"
    if one[2] == other[2]:
        return "ends"
    return "label" if one[:2] == other[:2] else "both"
