"""The cleaning part of an analysis: what of the collected texts deserves a second look.

One pass over the texts for all that can be told from words, and one over their vectors for outliers.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np

from tasks_app.fields.payload import turn_texts
from training.analysis.encoding import damage_of
from training.analysis.languages import is_among, language_of
from training.analysis.outliers import spreads
from training.analysis.repeats import Firsts, Recurring, key_of
from training.analysis_data import Analysed, Source
from training.analysis_parts import Found, Options, Outcome, Tick
from training.models import SnapshotItem
from training.near_duplicates import Sketches, words_of

EXACT, NEAR, ACROSS = "exact", "near", "near_across"
LANGUAGE, SHORT, RECURRING, DAMAGED, OUTLIER = "language", "short", "boilerplate", "encoding", "outlier"
KINDS = (EXACT, NEAR, ACROSS, LANGUAGE, SHORT, RECURRING, DAMAGED, OUTLIER)
SHOWN_OF_ONE = 50  # conversations listed of those in which the same turn recurs
_READING, _PAIRING, _VECTORS = 0.3, 0.4, 0.95  # how much of the time is gone after each


def run(source: Source, options: Options, tick: Tick) -> Outcome:
    """data: {count, items, turns, unsure, kinds: {kind: {items, share}}}; `unsure`: items whose language
    cannot be told."""
    reading = _Reading(source, options)
    with tempfile.TemporaryDirectory(dir=source.folder) as scratch, Sketches(
        Path(scratch), near=options["near"]
    ) as sketches:  # fmt: skip
        reading.read(sketches, lambda share: tick(share * _READING))
        reading.found += _near(reading, sketches)
    tick(_PAIRING)
    reading.found += _recurring(source, reading.recurring, options["recurring"])
    reading.found += _outliers(
        source, options["far"], lambda share: tick(_PAIRING + share * (_VECTORS - _PAIRING))
    )
    return Outcome(_figures(reading), reading.found)


class _Reading:
    """What one pass over the items leaves behind: a few bytes for each, and what was found."""

    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self.items: list[UUID] = []
        self.splits: list[str] = []
        self.turns = self.unsure = 0
        self.firsts, self.recurring = Firsts(), Recurring()
        self.found: list[Found] = []
        self._frozen = _frozen_splits(source)

    def read(self, sketches: Sketches, tick: Tick) -> None:
        for number, item in enumerate(self._source.items()):
            texts = turn_texts(item.payload)
            self.items.append(item.item)
            self.splits.append(self._frozen.get(item.item, item.split))
            self.turns += len(texts)
            whole = "\n".join(texts)
            sketches.add(whole)
            self.found += self._of_words(item, texts, whole, number)
            if len(texts) > 1:
                self.recurring.add([key_of(text) for text in texts])
            tick(number / self._source.items_count)

    def _of_words(self, item: Analysed, texts: list[str], whole: str, number: int) -> Iterator[Found]:
        first = self.firsts.add(key_of(whole))
        if first != number:
            yield Found(EXACT, item.item, 1.0, evidence={"like": str(self.items[first])})
        if (words := len(words_of(whole))) < self._options["short"]:
            yield Found(SHORT, item.item, float(-words), evidence={"words": words})
        expected = [item.language] if item.language else list(self._source.project.languages)
        if expected:
            code, sureness = language_of(whole, sure=self._options["sure"])
            self.unsure += not code
            if code and not is_among(code, expected):
                yield Found(LANGUAGE, item.item, sureness, evidence={"language": code})
        for turn, text in enumerate(texts):
            if damage := damage_of(text):
                yield Found(DAMAGED, item.item, 1.0, turn, {"damage": damage})


def _near(reading: _Reading, sketches: Sketches) -> Iterator[Found]:
    """All but the first of each cluster; those that are exactly the same are named as that already."""
    roots = sketches.clusters()
    sides: dict[int, set[bool]] = {}
    for number, root in enumerate(roots.tolist()):
        if reading.splits[number]:
            sides.setdefault(root, set()).add(reading.splits[number] == "test")
    for number, root in enumerate(roots.tolist()):
        across = len(sides.get(root, ())) == 2
        if root == number or (reading.firsts.first[number] != number and not across):
            continue
        yield Found(
            ACROSS if across else NEAR, reading.items[number], round(sketches.likeness(number, root), 4),
            evidence={"like": str(reading.items[root]), "split": reading.splits[number],
                      "other_split": reading.splits[root]},
        )  # fmt: skip


def _frozen_splits(source: Source) -> dict[UUID, str]:
    """By item, where the latest snapshot has it; what is pinned stays where it is pinned."""
    snapshot = source.project.snapshots.filter(withdrawn_at=None).order_by("-number").first()
    rows = SnapshotItem.objects.filter(snapshot=snapshot) if snapshot else SnapshotItem.objects.none()
    return dict(rows.values_list("item", "split"))


def _recurring(source: Source, counted: Recurring, least: float) -> Iterator[Found]:
    if not counted.conversations:
        return
    shown: Counter[bytes] = Counter()
    for item in source.items():
        texts = turn_texts(item.payload)
        for turn, text in enumerate(texts) if len(texts) > 1 else ():
            key = key_of(text)
            share = counted.share(key)
            if share >= least and shown[key] < SHOWN_OF_ONE:
                shown[key] += 1
                yield Found(RECURRING, item.item, round(share, 4), turn, {"share": round(share, 4)})


def _outliers(source: Source, far: float, tick: Tick) -> Iterator[Found]:
    vectors = source.vectors(lambda share: tick(share * 0.9))
    found = spreads(vectors, lambda share: tick(0.9 + share * 0.1))
    chosen = {int(place): float(found[place]) for place in np.flatnonzero(found >= far)}
    if chosen:
        for place, turn in enumerate(source.turns()):
            if place in chosen:
                yield Found(OUTLIER, turn.of.item, round(chosen[place], 2), turn.turn)


def _figures(reading: _Reading) -> dict[str, object]:
    by_kind = {kind: {one.item for one in reading.found if one.kind == kind} for kind in KINDS}
    total = max(1, len(reading.items))
    kinds = {kind: {"items": len(found), "share": len(found) / total} for kind, found in by_kind.items()}
    return {
        "count": len(set[UUID]().union(*by_kind.values())), "items": len(reading.items),
        "turns": reading.turns, "unsure": reading.unsure,
        "kinds": kinds,
    }  # fmt: skip
