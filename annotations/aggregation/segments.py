"""Consensus on spans by whole spans: who finds them, who invents them, who names them, who cuts them right.

Tokens of one span are not independent: who overlooks a question overlooks all of its words, and who begins a
word early goes on from there. A model of tokens, with transitions between neighbours or without, counts such
an error once a word (decision 32). Here a worker's error is made once: a span is found or not, gets the right
label or not, and each of its ends is right or off by some tokens. The truth of a place is one of the readings
that people gave of it, ends and labels crossed, or nothing; all of them are weighed exactly, and the tokens'
probabilities are sums over readings, legal sequences of tags by themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotations.aggregation.judgments import KNOWN, Floats, Ints, Judgment
from annotations.aggregation.marks import OUTSIDE, Place, Reading, Run, places_of, runs_of

# Few on purpose: run to its end the fit drifts towards what confirms itself. 3 to 10 differ little.
ROUNDS = 5
_TOLERANCE = 1e-3
SKILLS = ("find", "clear", "name", "cut")  # to find a span, to invent none, to name it, to cut an end right
# What a crowd is believed to do, and how many of its own occasions outweigh that.
USUAL = np.array([0.85, 0.85, 0.9, 0.75])
START = (0.2, 0.7, 0.1)  # how often a place where somebody marked something holds no, one, two spans
_CROWD_STRENGTH = 10.0
_STRENGTH = 4.0  # occasions that a worker must have before their own record counts as much as the crowd's
_LENGTH = 8.0  # tokens, about: an invented span may have any length up to it
_FURTHER = 0.45  # an end that is off by n tokens is off by n + 1 with this chance
_SURE = 0.999
_KNOWN = 1 - 1e-12


@dataclass(frozen=True, slots=True)
class Habits:
    """`skills` (workers, SKILLS): chances. `counts`: how often a place holds no, one, two, ... true spans."""

    workers: tuple[str, ...]
    skills: Floats
    counts: Floats
    labels: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every place, candidate and worker as one row of `events`, so that a round is a few array operations.

    `events` (rows, 9): found, overlooked, clear, invented, named, misnamed, cut right, cut wrong, further.
    """

    places: tuple[Place, ...]
    workers: tuple[str, ...]
    events: Floats
    worker_of: Ints
    candidate_of: Ints  # (rows,)
    place_of: Ints  # (candidates,)
    spans: Ints  # (candidates,) how many spans the reading holds
    ground: Floats  # (candidates,) log chance of the spans' places, labels left out
    readings: tuple[Reading, ...]


def fit_segments(judgments: Sequence[Judgment]) -> tuple[dict[str, dict[str, float]], Habits]:
    """The posterior of every token's tag, and everybody's habits with spans."""
    runs = list(runs_of(judgments))
    ledger = _ledger([place for run in runs for place in places_of(run)], _names(judgments))
    labels = sorted({mark.label for run in runs for given in run.marks.values() for mark in given})
    habits = _start(ledger, labels)
    shares = np.zeros(len(ledger.readings))
    for _ in range(ROUNDS):
        before, shares = shares, _weigh(ledger, habits)
        habits = _learn(ledger, shares, labels)
        if len(shares) == 0 or np.abs(shares - before).max() < _TOLERANCE:
            break
    return _tags(runs, ledger, shares, labels), habits


def weigh_segments(judgments: Sequence[Judgment], habits: Habits) -> dict[str, dict[str, float]]:
    """The posterior of some items' tokens by habits that are known."""
    runs = list(runs_of(judgments))
    ledger = _ledger([place for run in runs for place in places_of(run)], habits.workers)
    return _tags(runs, ledger, _weigh(ledger, habits), sorted(habits.labels))


def _names(judgments: Iterable[Judgment]) -> tuple[str, ...]:
    return tuple(sorted({judgment.worker for judgment in judgments}))


def _ledger(places: Sequence[Place], workers: tuple[str, ...]) -> Ledger:
    number = {worker: index for index, worker in enumerate(workers)}
    events: list[tuple[float, ...]] = []
    worker_of, candidate_of, place_of, spans, ground = [], [], [], [], []
    readings: list[Reading] = []
    for index, place in enumerate(places):
        room = float(np.log(len(place.run.units) * _LENGTH))
        for reading in place.candidates:
            for worker, said in place.said.items():
                events.append(_compare(reading, said))
                worker_of.append(number[worker])
                candidate_of.append(len(readings))
            # A span can lie anywhere, and so can an invention: both pay for their place.
            place_of.append(index)
            spans.append(len(reading))
            ground.append(-room * len(reading))
            readings.append(reading)
    table = np.array(events, dtype=np.float64).reshape(-1, 9)
    candidates = np.array(candidate_of, dtype=np.int64)
    rooms = np.array([np.log(len(p.run.units) * _LENGTH) for p in places], dtype=np.float64)
    invented = np.bincount(candidates, table[:, 3], len(readings)) if len(readings) else np.empty(0)
    place_numbers = np.array(place_of, dtype=np.int64)
    return Ledger(
        places=tuple(places),
        workers=workers,
        events=table,
        worker_of=np.array(worker_of, dtype=np.int64),
        candidate_of=candidates,
        place_of=place_numbers,
        spans=np.array(spans, dtype=np.int64),
        ground=np.array(ground, dtype=np.float64) - (invented * rooms[place_numbers] if len(readings) else 0),
        readings=tuple(readings),
    )


def _compare(truth: Reading, said: Reading) -> tuple[float, ...]:
    """What happened if `truth` is true and somebody said `said`; each true span takes the mark it shares most
    with."""
    left = list(said)
    found = named = cut = further = 0
    for span in truth:
        best = max(left, key=span.overlap, default=None)
        if best is None or span.overlap(best) <= 0:
            continue
        left.remove(best)
        found += 1
        named += span.label == best.label
        for off in (abs(span.first - best.first), abs(span.last - best.last)):
            cut += off == 0
            further += max(off - 1, 0)
    overlooked, invented = len(truth) - found, len(left)
    clear = not invented
    return (found, overlooked, clear, invented, named, found - named, cut, 2 * found - cut, further)


def _start(ledger: Ledger, labels: Sequence[str]) -> Habits:
    skills = np.tile(USUAL, (len(ledger.workers), 1))
    pin_known(ledger.workers, skills)
    return Habits(ledger.workers, skills, np.array(START), dict.fromkeys(labels, 1 / max(len(labels), 1)))


def pin_known(workers: Sequence[str], skills: Floats) -> None:
    """What is known to be true has no habits."""
    if KNOWN in workers:
        skills[workers.index(KNOWN)] = _KNOWN


def _weigh(ledger: Ledger, habits: Habits) -> Floats:
    """(candidates,) P(reading | what everybody said)."""
    if not len(ledger.readings):
        return np.empty(0)
    find, clear, name, cut = np.clip(habits.skills, 1 - _KNOWN, _KNOWN).T
    others = max(len(habits.labels) - 1, 1)
    width = max(len(habits.labels), 1)
    logs = np.stack(
        [
            np.log(find), np.log(1 - find), np.log(clear), np.log((1 - clear) / width),
            np.log(name), np.log((1 - name) / others),
            np.log(cut), np.log((1 - cut) * (1 - _FURTHER) / 2), np.full(len(find), np.log(_FURTHER)),
        ],
        axis=1,
    )  # fmt: skip
    each = (ledger.events * logs[ledger.worker_of]).sum(axis=1)
    scores = np.bincount(ledger.candidate_of, each, len(ledger.readings)) + ledger.ground
    scores += np.log(habits.counts[np.minimum(ledger.spans, len(habits.counts) - 1)])
    scores += [sum(np.log(habits.labels[mark.label]) for mark in reading) for reading in ledger.readings]
    firsts = np.flatnonzero(np.diff(ledger.place_of, prepend=-1))
    scores -= np.maximum.reduceat(scores, firsts)[ledger.place_of]
    shares: Floats = np.exp(scores)
    shares /= np.add.reduceat(shares, firsts)[ledger.place_of]
    return shares


def _learn(ledger: Ledger, shares: Floats, labels: Sequence[str]) -> Habits:
    """Chances drawn towards the crowd's, as many successes among as many occasions."""
    weighted = ledger.events * shares[ledger.candidate_of][:, None] if len(shares) else ledger.events
    sums = np.stack([np.bincount(ledger.worker_of, column, len(ledger.workers)) for column in weighted.T])
    good, bad = sums[[0, 2, 4, 6]].T, sums[[1, 3, 5, 7]].T
    own = np.array([worker != KNOWN for worker in ledger.workers])
    crowd = (good[own].sum(axis=0) + _CROWD_STRENGTH * USUAL) / (
        (good + bad)[own].sum(axis=0) + _CROWD_STRENGTH
    )
    skills = (good + _STRENGTH * crowd) / (good + bad + _STRENGTH)
    pin_known(ledger.workers, skills)
    counts = np.bincount(np.minimum(ledger.spans, 2), shares, 3) + 1.0
    found = dict.fromkeys(labels, 1.0)
    for reading, share in zip(ledger.readings, shares.tolist(), strict=True):
        for mark in reading:
            found[mark.label] += share
    total = sum(found.values())
    return Habits(
        ledger.workers, skills, counts / counts.sum(), {label: n / total for label, n in found.items()}
    )


def _tags(
    runs: Sequence[Run], ledger: Ledger, shares: Floats, labels: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Each token's tags, summed over the readings of its place; elsewhere nobody marked anything."""
    tags = [OUTSIDE, *(f"{part}-{label}" for label in labels for part in "BI")]
    column = {tag: index for index, tag in enumerate(tags)}
    nothing = {OUTSIDE: _SURE, **dict.fromkeys(tags[1:], (1 - _SURE) / max(len(tags) - 1, 1))}
    posterior = {unit: nothing for run in runs for unit in run.units}
    tables: dict[str, Floats] = {}
    for number, reading, share in zip(
        ledger.place_of.tolist(), ledger.readings, shares.tolist(), strict=True
    ):
        units = ledger.places[number].run.units
        for mark in reading:
            for token in range(mark.first, mark.last):
                row = tables.setdefault(units[token], np.zeros(len(tags)))
                row[column[f"{'B' if token == mark.first else 'I'}-{mark.label}"]] += share
    for unit, row in tables.items():
        row[0] = max(1.0 - row.sum(), 0.0)
        posterior[unit] = dict(zip(tags, row.tolist(), strict=True))
    return posterior
