"""Figures for orders: how often the better one of two is put first."""

from collections.abc import Sequence
from itertools import combinations

from training.engine.metrics import Report

Order = Sequence[str]


def rank_report(truth: Sequence[Order], guessed: Sequence[Order], ids: Sequence[Order]) -> Report:
    """Figures over the items in whose true order at least two candidates were compared.

    ids: every candidate of each item; one that an order leaves out stands behind those that it names, and
    two that the true order leaves out were not compared. pairwise_accuracy: of all compared pairs, those put
    the right way round, a tie counting half. kendall_tau: right minus wrong pairs by all pairs of an item,
    the items' mean (Kendall 1938). top_one: the best one comes first. accuracy: the whole order is right.
    """
    pairs, right, taus, first, whole = 0, 0.0, [], 0, 0
    for true, guess, known in zip(truth, guessed, ids, strict=True):
        compared = compared_pairs(true, known)
        if not compared:
            continue
        place = _places(guess, known)
        hits = sum(0.5 if place[a] == place[b] else float(place[a] < place[b]) for a, b in compared)
        pairs, right = pairs + len(compared), right + hits
        taus.append(2 * hits / len(compared) - 1)
        first += list(guess[:1]) == list(true[:1])
        whole += list(guess) == list(true)
    items = len(taus)
    return {
        "labels": {}, "confusion": {"labels": [], "matrix": []}, "units": items, "pairs": pairs,
        "pairwise_accuracy": right / pairs if pairs else 0.0,
        "kendall_tau": sum(taus) / items if items else 0.0,
        "top_one": first / items if items else 0.0, "accuracy": whole / items if items else 0.0,
    }  # fmt: skip


def compared_pairs(order: Order, known: Order) -> list[tuple[str, str]]:
    """(better, worse) for every two candidates of which at least one is named."""
    place = _places(order, known)
    ranked = sorted(known, key=lambda identity: place[identity])
    return [(a, b) for a, b in combinations(ranked, 2) if place[a] < place[b]]


def _places(order: Order, known: Order) -> dict[str, int]:
    named = {identity: place for place, identity in enumerate(order)}
    return {identity: named.get(identity, len(order)) for identity in known}
