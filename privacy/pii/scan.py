"""Find personal data in a text."""

from collections.abc import Collection, Iterable

from privacy.pii.clues import Clues
from privacy.pii.detectors.secret import QUOTED
from privacy.pii.finding import Finding, Scope
from privacy.pii.folding import WALL, Folded, fold
from privacy.pii.plan import Plan, plan_for


class Turn:
    """A text folded, with its clues: what detectors read, and the way back to the text's own offsets."""

    __slots__ = ("clues", "folded")

    def __init__(self, text: str, previous: Clues | None = None) -> None:
        self.folded: Folded = fold(text)
        self.clues = Clues(self.folded.text, previous)


def scan(
    text: str,
    *,
    language: str | None = None,
    kinds: Collection[str] | None = None,
    previous: str = "",
    scope: Scope = "direct",
) -> list[Finding]:
    """What is personal data in `text`, sorted by place and free of overlaps; offsets are code points of
    `text`.

    `language` "en" or "zh" leaves the other language's detectors out, None asks all. `kinds` keeps some
    kinds only. `previous` is the turn before: "May I have your name?" tells what a bare "ravi" is.
    """
    turn = Turn(text, Turn(previous).clues if previous else None)
    plan = plan_for(language, None if kinds is None else frozenset(kinds), scope)
    return scan_turn(turn, plan, kinds)


def scan_turn(turn: Turn, plan: Plan, kinds: Collection[str] | None = None) -> list[Finding]:
    """The same of a turn that is folded already, by the detectors of `plan`."""
    clues, text = turn.clues, turn.folded.text
    found: list[Finding] = []
    for detector in plan.wanted(clues):
        for finding in detector.find(clues):
            if trimmed := _trim(finding, text):
                found.append(trimmed)
    if kinds is not None:
        found = [finding for finding in found if finding.kind in kinds]
    if turn.folded.index is None:
        return merge(found) if found else found
    return [moved(finding, turn.folded) for finding in merge(found)]


def moved(finding: Finding, folded: Folded) -> Finding:
    """The finding at its place in the text before folding."""
    if folded.index is None:
        return finding
    place = folded.original(finding.start, finding.end)
    return Finding(*place, finding.kind, finding.score, finding.detector)


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Join what overlaps into one finding of the strongest's kind, so that no part of a weaker one shows."""
    merged: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        last = merged[-1] if merged else None
        if last is None or finding.start >= last.end:
            merged.append(finding)
            continue
        best = max(last, finding, key=lambda f: (f.score, f.end - f.start))
        merged[-1] = Finding(last.start, max(last.end, finding.end), best.kind, best.score, best.detector)
    return merged


def _trim(finding: Finding, text: str) -> Finding | None:
    """Without spaces and stops at the edges; None when it touches something that was replaced before."""
    value = text[finding.start : finding.end]
    if WALL in value:
        return None
    if finding.detector == QUOTED:  # whose last sign may be of the secret itself
        return finding
    start = finding.start + len(value) - len(value.lstrip(" \n\t,;:"))
    end = finding.start + len(value.rstrip(" \n\t,;:.。，；?!-"))
    if (start, end) == (finding.start, finding.end):
        return finding
    return Finding(start, end, finding.kind, finding.score, finding.detector) if start < end else None
