"""The personal data of one item replaced: its turns in their order, its candidates, its speakers' names."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from privacy.pii.finding import Finding
from privacy.pii.offsets import OffsetMap
from privacy.pii.redactor import Language, Policy, Redactor
from privacy.pii.scan import scan


@dataclass(frozen=True)
class RedactedPayload:
    """`maps` carries offsets of the original texts over to the new ones, one map a text.

    `findings` are places in the new texts, `originals` the same places with the values that were there.
    """

    payload: dict[str, Any]
    maps: list[OffsetMap]
    counts: Counter[str] = field(default_factory=Counter)
    originals: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    dropped: bool = False


def redact_payload(
    payload: dict[str, Any], texts: list[str], *, policy: str, secret: bytes, language: str
) -> RedactedPayload:
    """The payload as others may see it. `texts` are its turn texts, in the order that offsets count in."""
    extra = [candidate["text"] for candidate in payload.get("candidates", [])]
    known = known_language(language)
    redactor = Redactor(policy=cast(Policy, policy), secret=secret, language=known)
    everything = [*texts, *extra]
    result = redactor.redact_turns(everything)
    speakers = _speakers(payload, redactor)
    renamed = any(old != new for old, new in speakers.items())
    if result.dropped or (policy == "drop" and renamed):
        counts = Counter(finding.kind for _turn, finding, _new in result.findings)
        return RedactedPayload(payload, [], counts, dropped=True)
    if not result.findings and not renamed:
        return RedactedPayload(payload, result.maps)
    findings, originals = _places(everything, result.findings, result.maps)
    return RedactedPayload(
        payload=_with_texts(payload, result.texts, speakers),
        maps=result.maps,
        counts=Counter(row["kind"] for row in findings),
        originals=originals,
        findings=findings,
    )


def known_language(language: str) -> Language | None:
    """The detectors' language for a code such as "zh-Hans"; None, which asks all of them, for others."""
    short = language.split("-")[0]
    return cast(Language, short) if short in {"en", "zh"} else None


def _places(
    texts: list[str], found: list[tuple[int, Finding, str]], maps: list[OffsetMap]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    findings, originals = [], []
    for turn, finding, replacement in found:
        start, end = maps[turn].span(finding.start, finding.end)
        place = {"turn": turn, "start": start, "end": end, "kind": finding.kind}
        findings.append(
            {**place, "detector": finding.detector, "score": finding.score, "replacement": replacement[:120]}
        )
        originals.append({**place, "value": texts[turn][finding.start : finding.end]})
    return findings, originals


def _speakers(payload: dict[str, Any], redactor: Redactor) -> dict[str, str]:
    """Each speaker's name as others may see it: "customer" stays, "Anna Smith" does not.

    After the texts and one by one: a name must not read like the answer to a turn's question.
    """
    names = {turn["speaker"] for turn in payload.get("turns", [])}
    return {name: _speaker(name, redactor) for name in sorted(names)}


def _speaker(name: str, redactor: Redactor) -> str:
    # A role, in nearly every file. It is looked at once, unless the texts have made it a name.
    if redactor.policy == "keep" or (_is_plain(name, redactor.language) and not redactor.knows(name)):
        return name
    return redactor.redact_turns([name]).texts[0]


@lru_cache(maxsize=256)
def _is_plain(name: str, language: Language | None) -> bool:
    return "[" not in name and not scan(name, language=language)


def _with_texts(payload: dict[str, Any], texts: list[str], speakers: dict[str, str]) -> dict[str, Any]:
    changed = dict(payload)
    rest = iter(texts)
    if "turns" in payload:
        changed["turns"] = [
            {"speaker": speakers[turn["speaker"]], "text": next(rest)} for turn in payload["turns"]
        ]
    elif "pair" in payload:
        changed["pair"] = [next(rest), next(rest)]
    else:
        changed["text"] = next(rest)
    if "candidates" in payload:
        changed["candidates"] = [{**one, "text": next(rest)} for one in payload["candidates"]]
    return changed
