"""Findings from elsewhere than the rules: of a model that was trained on this platform. Pure protocol."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from privacy.pii.finding import FURTHER_KINDS, KINDS, Finding, Scope
from privacy.pii.folding import MASK, PLACEHOLDER

OTHER = "PERSONAL"  # of a label that is no kind of ours
# As other data sets call them.
_ALIASES = {
    "NAME": "PERSON", "PERSON_NAME": "PERSON", "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "CARD", "STREET_ADDRESS": "ADDRESS", "DATE_OF_BIRTH": "BIRTH_DATE", "ZIPCODE": "POSTCODE",
    "ORGANIZATION": "ORGANISATION", "GPE": "LOCATION", "NRP": "NATIONALITY", "JOB_TITLE": "OCCUPATION",
}  # fmt: skip


class Proposer(Protocol):
    """A further detector that reads many items at once, where an import can wait for it.

    `propose` gives a list for each text of each item, offsets in code points.
    """

    @property
    def name(self) -> str: ...
    def propose(self, items: Sequence[Sequence[str]], scope: Scope) -> list[list[list[Finding]]]: ...


def kind_of(label: str) -> str:
    """The kind that a label of a span field means."""
    name = "_".join(label.upper().replace("-", " ").replace("_", " ").split())
    if name in KINDS or (name in FURTHER_KINDS and name != "NAME"):
        return name
    return _ALIASES.get(name, OTHER)


def findings_of(
    marks: Iterable[Mapping[str, Any]], texts: Sequence[str], *, detector: str, score: float, scope: Scope
) -> list[list[Finding]]:
    """A span answer as findings for each text: [{turn, start, end, label}].

    Further kinds are left out where the scope is "direct"; so is what lies outside a text, and what touches
    something that was replaced before.
    """
    found: list[list[Finding]] = [[] for _ in texts]
    for mark in marks:
        turn, start, end, kind = mark["turn"], mark["start"], mark["end"], kind_of(mark["label"])
        if scope == "direct" and kind in FURTHER_KINDS:
            continue
        inside = 0 <= turn < len(texts) and 0 <= start < end <= len(texts[turn])
        if inside and not _touches_replaced(texts[turn], start, end):
            found[turn].append(Finding(start, end, kind, score, detector))
    return found


def _touches_replaced(text: str, start: int, end: int) -> bool:
    if MASK in text[start:end]:
        return True
    return any(
        start < place.end() and place.start() < end
        for place in (PLACEHOLDER.finditer(text) if "[" in text else ())
    )


def joined(
    one: Sequence[Sequence[Finding]] | None, other: Sequence[Sequence[Finding]] | None
) -> Sequence[Sequence[Finding]] | None:
    """Two detectors' proposals about the same texts, together."""
    if one is None or other is None:
        return one if other is None else other
    return [[*mine, *yours] for mine, yours in zip(one, other, strict=True)]
