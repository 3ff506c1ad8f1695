"""Answers that come faster than their texts can be read, by how this project's crowd reads."""

from collections.abc import Sequence

import numpy as np

from annotations.anomalies.given import Finding, Floats, Given, votes_of_others

LEAST_ANSWERS = 12
_BINS = 8
# Against the crowd's own spread between people, and in plain words: a third of the usual time.
_LEAST_DEVIATIONS = 3.5
_LEAST_FACTOR = 3.0
# People differ at least this much in pace, however alike a small crowd looks (half again as fast).
_LEAST_SPREAD = 0.25


def believed_seconds(started: Floats, submitted: Floats, client: Floats) -> Floats:
    """The time that one person's answers took, in the order of submission; the client's word is bounded by
    the server's clock.

    Nobody works longer than their leases lasted, taken together: where the client's seconds add up to more
    than that, all are shortened by the same factor. So a page that lies is found, and an honest one that was
    offline and sent ten answers at once keeps its word. Without the client's word the lease itself counts,
    or the time since the submit before, if that is shorter (the next item is often leased ahead).
    """
    gaps = np.diff(submitted, prepend=-np.inf)
    server = np.minimum(np.maximum(submitted - started, 0.0), np.maximum(gaps, 0.0))
    told = client > 0
    spoken = float(client[told].sum())
    if not spoken:
        return server
    factor = min(1.0, _covered(started[told], submitted[told]) / spoken)
    return np.where(told, client * factor, server)


def _covered(started: Floats, ended: Floats) -> float:
    """The length of all intervals together, what overlaps counted once."""
    order = np.argsort(started)
    begins, ends = started[order], np.maximum.accumulate(ended[order])
    before = np.concatenate([[-np.inf], ends[:-1]])
    return float(np.maximum(ends - np.maximum(begins, before), 0.0).sum())


def too_fast(given: Given) -> list[Finding]:
    """People whose answers come in a third of the usual time or less for texts of that length, who are far
    from everybody else in that, and who agree with others less than most do: to be fast and right is skill.

    The usual time is the median of log seconds within bins of the text's length, so that a few who rush or
    sleep do not move it; a person is where their own median lies from it; what is usual between people is
    the median absolute deviation (times 1.4826, as for a normal distribution).
    """
    people = _people(given)
    if len(people) < 3:
        return []
    off = np.log(np.maximum(given.seconds, 0.1)) - _usual(given, people)
    paces = np.array([np.median(off[given.of(worker)]) for worker in people])
    centre = float(np.median(paces))
    spread = max(1.4826 * float(np.median(np.abs(paces - centre))), _LEAST_SPREAD)
    agreeing = _agreement(given, people)
    usual_agreement = np.nanmedian(agreeing) if np.isfinite(agreeing).any() else np.nan
    found = []
    for worker, pace, agreement in zip(people, paces, agreeing, strict=True):
        deviations, factor = (centre - pace) / spread, float(np.exp(centre - pace))
        as_good_as_most = np.isfinite(agreement) and agreement >= usual_agreement
        if deviations >= _LEAST_DEVIATIONS and factor >= _LEAST_FACTOR and not as_good_as_most:
            found.append(_finding(given, worker, float(deviations), factor))
    return found


def _people(given: Given) -> list[int]:
    counts = np.bincount(given.workers)
    return [int(worker) for worker in np.flatnonzero(counts >= LEAST_ANSWERS)]


def _usual(given: Given, people: Sequence[int]) -> Floats:
    """The usual log seconds for each answer's length of text; each person weighs the same in it."""
    length = np.log1p(given.chars)
    edges = np.unique(np.quantile(length, np.linspace(0, 1, _BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, length, side="right")
    logs = np.log(np.maximum(given.seconds, 0.1))
    usual = np.full(len(edges) + 1, float(np.median(logs)))
    for number in range(len(usual)):
        inside = bins == number
        medians = [
            np.median(logs[inside & (given.workers == worker)])
            for worker in people
            if (inside & (given.workers == worker)).any()
        ]
        if medians:
            usual[number] = float(np.median(medians))
    return np.asarray(usual[bins])


def _agreement(given: Given, people: Sequence[int]) -> Floats:
    """The share of other people's answers to the same items that say the same; nan where there are none."""
    others, same = votes_of_others(given)
    shares = []
    for worker in people:
        mine = given.of(worker)
        total = float(others[mine].sum())
        shares.append(float(same[mine].sum()) / total if total else np.nan)
    return np.array(shares)


def _finding(given: Given, worker: int, deviations: float, factor: float) -> Finding:
    mine = given.of(worker)
    evidence = {
        "median_seconds": round(float(np.median(given.seconds[mine])), 1),
        "usual_seconds": round(float(np.median(given.seconds[mine])) * factor, 1),
        "median_chars": int(np.median(given.chars[mine])),
        "times_faster": round(factor, 1),
        "answers": len(mine),
    }
    return Finding(worker, round(deviations, 2), None, evidence)
