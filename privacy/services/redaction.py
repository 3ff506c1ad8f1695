"""Replacing personal data in what people upload or type, by the project's policy."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from privacy.models import Finding
from privacy.pii.offsets import OffsetMap
from privacy.pii.redactor import Language, Policy, Redactor
from privacy.services import vault


@dataclass(frozen=True)
class RedactedPayload:
    """`maps` carries offsets of the original texts over to the new ones, one map a text."""

    payload: dict[str, Any]
    maps: list[OffsetMap]
    counts: Counter[str] = field(default_factory=Counter)
    originals: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    dropped: bool = False


def redact_payload(
    payload: dict[str, Any], texts: list[str], *, policy: str, project_id: UUID, language: str | None
) -> RedactedPayload:
    """The payload as others may see it. `texts` are its turn texts, in the order that offsets count in."""
    extra = [candidate["text"] for candidate in payload.get("candidates", [])]
    redactor = Redactor(
        policy=cast(Policy, policy), secret=vault.secret_for(project_id), language=_language(language)
    )
    result = redactor.redact_turns([*texts, *extra])
    speakers = _speakers(payload, redactor)
    if result.dropped or (policy == "drop" and any(old != new for old, new in speakers.items())):
        counts = Counter(finding.kind for _turn, finding, _new in result.findings)
        return RedactedPayload(payload, [], counts, dropped=True)
    findings, originals = _places([*texts, *extra], result.findings, result.maps)
    return RedactedPayload(
        payload=_with_texts(payload, result.texts, speakers),
        maps=result.maps,
        counts=Counter(row["kind"] for row in findings),
        originals=originals,
        findings=findings,
    )


def _language(language: str | None) -> Language | None:
    short = (language or "").split("-")[0]
    return cast(Language, short) if short in {"en", "zh"} else None


def _places(
    texts: list[str], found: list[Any], maps: list[OffsetMap]
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
    return {name: redactor.redact_turns([name]).texts[0] for name in sorted(names)}


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


def redact_text(text: str, *, language: str | None = None) -> str:
    """One free text (a comment, a reason, feedback) with typed placeholders for personal data."""
    return (
        Redactor(policy="placeholder", secret=None, language=_language(language))
        .redact_turns([text])
        .texts[0]
    )


def finding_rows(*, project_id: UUID, item_id: UUID, redacted: RedactedPayload) -> list[Finding]:
    return [Finding(project=project_id, item=item_id, **row) for row in redacted.findings]
