"""Pairs of people who answer more alike than how well each of them answers explains."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import binom, norm

from annotations.anomalies.given import Finding, Flags, Floats, Given, Ints, significant

LEAST_COMMON = 20
_RATE = 0.01
_LEAST_SURPLUS = 0.15
_ROUNDS = 60
_MOST_KEYS = 50
_PRIOR = 2.0  # how strongly a person is drawn towards the crowd, in steps of the fit


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every two people with an item in common: on how many, how often they said the same, and how often both
    said the same where it is not what most of the others said (`against`: where either did that)."""

    left: Ints
    right: Ints
    common: Ints
    same: Ints
    together: Ints
    against: Ints


def colluding(given: Given) -> list[Finding]:
    """Pairs whose answers agree beyond what their skills explain, above all where both are wrong.

    What skill explains is fitted to all pairs at once: logit P(a, b agree) = m + s_a + s_b, and at least what
    two people with their habits agree on by chance. Whoever answers well agrees with everybody, and so does
    whoever was given easy items; two who share their answers agree with each other and not with the rest.

    The surplus is tested by the binomial tail, widened by the crowd's own overdispersion (items differ in
    difficulty), and of the pairs that stand at most 1 % are chance. They must also be wrong together, against
    what most of the others say, more often than other pairs are: to be right together is no sign of anything.
    """
    pairs = count_pairs(given)
    tested = np.flatnonzero(pairs.common >= LEAST_COMMON)
    if not len(tested):
        return []
    by_chance = _by_chance(given, pairs)
    expected = np.maximum(_explained(pairs, given.people), by_chance)
    p_values = _tail(pairs.same[tested], pairs.common[tested], expected[tested])
    standing = significant(p_values.tolist(), _RATE)
    return [
        _finding(pairs, int(place), float(expected[place]), float(p_value))
        for place, p_value, stands in zip(tested, p_values, standing, strict=True)
        if stands and _is_odd(pairs, int(place), float(expected[place]))
    ]


def _is_odd(pairs: Pairs, place: int, expected: float) -> bool:
    usually = pairs.together.sum() / max(int(pairs.against.sum()), 1)
    wrong_together = pairs.together[place] / max(int(pairs.against[place]), 1)
    surplus = pairs.same[place] / pairs.common[place] - expected
    return bool(surplus >= _LEAST_SURPLUS and wrong_together > usually)


def count_pairs(given: Given) -> Pairs:
    """Only people who met on an item make a pair, so this grows with the answers and not with the people."""
    order = np.lexsort((given.workers, given.items))
    items, workers, keys = given.items[order], given.workers[order], given.keys[order]
    people = given.people
    votes, total = _votes(items, keys)
    names, same, together, against = [], [], [], []
    for shift in range(1, int(np.bincount(items).max()) if len(items) else 1):
        met = items[shift:] == items[:-shift]
        a, b = workers[:-shift][met], workers[shift:][met]
        alike = (keys[shift:] == keys[:-shift])[met]
        rest = total[shift:][met] - 2
        # Leaving the two out: else a pair that is the majority of three could never be wrong.
        first = _is_rare(votes[:-shift][met] - 1 - alike, rest)
        second = _is_rare(votes[shift:][met] - 1 - alike, rest)
        names.append(a * people + b)
        same.append(alike)
        together.append(alike & first)
        against.append(first | second)
    if not names:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(nothing, nothing, nothing, nothing, nothing, nothing)
    pair, place = np.unique(np.concatenate(names), return_inverse=True)
    counts = [
        np.bincount(place, np.concatenate(part), minlength=len(pair)).astype(np.int64)
        for part in (same, together, against)
    ]
    return Pairs(pair // people, pair % people, np.bincount(place), *counts)


def _votes(items: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """For each answer how many gave it, and how many its item has."""
    width = int(keys.max()) + 1 if len(keys) else 1
    _, place, votes = np.unique(items * width + keys, return_inverse=True, return_counts=True)
    return votes[place], np.bincount(items)[items]


def _is_rare(saying: Ints, rest: Ints) -> Flags:
    """Less than half of those who are left give this answer."""
    return np.asarray((rest > 0) & (2 * saying < rest))


def _by_chance(given: Given, pairs: Pairs) -> Floats:
    """How often two people would agree who each throw a die of their own, weighted as they answer."""
    usual = np.argsort(-np.bincount(given.keys))[:_MOST_KEYS]
    place = np.full(int(given.keys.max()) + 1, len(usual))
    place[usual] = np.arange(len(usual))
    counts = np.zeros((given.people, len(usual) + 1))
    np.add.at(counts, (given.workers, place[given.keys]), 1.0)
    shares = counts[:, :-1] / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    return np.asarray((shares[pairs.left] * shares[pairs.right]).sum(axis=1))


def _explained(pairs: Pairs, people: int) -> Floats:
    """P(agree) of every pair by the fitted model, by damped Newton steps on all people at once."""
    hits, trials = pairs.same, pairs.common
    overall = (hits.sum() + 1.0) / (trials.sum() + 2.0)
    base = float(np.log(overall / (1 - overall)))
    skill = np.zeros(people)
    for _round in range(_ROUNDS):
        p = expit(base + skill[pairs.left] + skill[pairs.right])
        wrong, weight = hits - trials * p, trials * p * (1 - p)
        step = np.bincount(pairs.left, wrong, people) + np.bincount(pairs.right, wrong, people)
        scale = np.bincount(pairs.left, weight, people) + np.bincount(pairs.right, weight, people)
        change = (step - skill * _PRIOR) / (scale + _PRIOR) / 2
        skill += change
        base += float(wrong.sum() / (weight.sum() + 1.0)) / 2
        if np.abs(change).max() < 1e-4:
            break
    return np.asarray(expit(base + skill[pairs.left] + skill[pairs.right]))


def _tail(hits: Ints, trials: Ints, expected: Floats) -> Floats:
    p = np.clip(expected, 0.01, 0.99)
    mean, variance = trials * p, trials * p * (1 - p)
    # The median of chi-squared with one degree of freedom is 0.455; a few colluders do not move it.
    spread = max(1.0, float(np.median((hits - mean) ** 2 / variance)) / 0.455)
    widened = norm.sf((hits - 0.5 - mean) / np.sqrt(variance * spread))
    return np.asarray(np.maximum(binom.sf(hits - 1, trials, p), widened))


def _finding(pairs: Pairs, place: int, expected: float, p_value: float) -> Finding:
    common, same = int(pairs.common[place]), int(pairs.same[place])
    evidence = {
        "common": common,
        "same": same,
        "expected": round(expected * common, 1),
        "wrong_together": int(pairs.together[place]),
        "either_wrong": int(pairs.against[place]),
    }
    return Finding(
        int(pairs.left[place]), same / common - expected, p_value, evidence, partner=int(pairs.right[place])
    )
