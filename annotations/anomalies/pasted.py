"""Texts that were not written for the item they stand under."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotations.anomalies.given import Finding

LEAST_ANSWERS = 8
LEAST_CHARS = 40  # shorter texts are alike by chance: "Thank you, it arrives tomorrow."
_LEAST_SHARE = 0.3
_LEAST_TIMES = 4


@dataclass(frozen=True, slots=True)
class Written:
    """One free text. `normal`: folded for comparison; `pasted`: the page saw most of it come in one paste;
    `offered`: it stands in the item, or a model suggested it, so taking it over is no wonder."""

    worker: int
    item: int
    normal: str
    pasted: bool
    offered: bool


def copied(texts: Sequence[Written]) -> list[Finding]:
    """People many of whose longer texts stand word for word under another item, or under another person's
    name. To paste is no offence by itself (many write elsewhere), so pastes are counted only as evidence."""
    items: dict[str, set[int]] = defaultdict(set)
    people: dict[str, set[int]] = defaultdict(set)
    own: dict[int, list[Written]] = defaultdict(list)
    for text in texts:
        if len(text.normal) >= LEAST_CHARS and not text.offered:
            items[text.normal].add(text.item)
            people[text.normal].add(text.worker)
            own[text.worker].append(text)
    found = []
    for worker, written in sorted(own.items()):
        twice = [one for one in written if len(items[one.normal]) > 1 or len(people[one.normal]) > 1]
        share = len(twice) / len(written)
        if len(written) >= LEAST_ANSWERS and len(twice) >= _LEAST_TIMES and share >= _LEAST_SHARE:
            evidence = {
                "answers": len(written),
                "times": len(twice),
                "like_others": sum(len(people[one.normal]) > 1 for one in twice),
                "pasted": sum(one.pasted for one in written),
            }
            found.append(Finding(worker, share, None, evidence))
    return found
