"""Find personal data in a text."""

from collections.abc import Collection, Iterable

from privacy.pii.clues import Clues
from privacy.pii.finding import Finding
from privacy.pii.folding import WALL, fold
from privacy.pii.registry import DETECTORS


def scan(
    text: str, *, language: str | None = None, kinds: Collection[str] | None = None, previous: str = ""
) -> list[Finding]:
    """What is personal data in `text`, sorted by place and free of overlaps; offsets are code points of
    `text`.

    `language` "en" or "zh" leaves the other language's detectors out, None asks all. `kinds` keeps some
    kinds only. `previous` is the turn before: "May I have your name?" tells what a bare "ravi" is.
    """
    folded = fold(text)
    clues = Clues(folded.text, previous)
    found: list[Finding] = []
    for detector in DETECTORS:
        if language and detector.language and detector.language != language:
            continue
        if kinds is not None and detector.kinds.isdisjoint(kinds):
            continue
        if detector.wanted(clues):
            found.extend(
                trimmed for finding in detector.find(clues) if (trimmed := _trim(finding, folded.text))
            )
    if kinds is not None:
        found = [finding for finding in found if finding.kind in kinds]
    return [
        Finding(*folded.original(finding.start, finding.end), finding.kind, finding.score, finding.detector)
        for finding in merge(found)
    ]


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
    start = finding.start + len(value) - len(value.lstrip(" \n\t,;:"))
    end = finding.start + len(value.rstrip(" \n\t,;:.。，；?!-"))
    return Finding(start, end, finding.kind, finding.score, finding.detector) if start < end else None
