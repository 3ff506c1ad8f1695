"""The personal data of one item replaced: its turns in their order, its candidates, its speakers' names, its
meta.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from privacy.pii.finding import Finding, Scope
from privacy.pii.offsets import OffsetMap
from privacy.pii.redactor import Language, Policy, Redactor
from privacy.pii.surroundings import is_plain, redact_meta
from privacy.pii.texts import Texts


@dataclass(frozen=True)
class RedactedPayload:
    """`maps` carries offsets of the original texts over to the new ones, one map a text.

    `findings` are places in the new texts, `originals` the same places with the values that were there; those
    of `originals` that stood elsewhere have a `place` ("speaker", "meta") and their replacement instead of a
    turn. `counts` is of all of them.
    """

    payload: dict[str, Any]
    maps: list[OffsetMap]
    counts: Counter[str] = field(default_factory=Counter)
    originals: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    dropped: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


def redact_payload(
    payload: dict[str, Any],
    texts: list[str],
    *,
    policy: str,
    secret: bytes,
    language: str,
    scope: str = "direct",
    meta: dict[str, Any] | None = None,
    proposed: Sequence[Sequence[Finding]] | None = None,
) -> RedactedPayload:
    """The payload as others may see it. `texts` are its turn texts, in the order that offsets count in.

    `proposed` are findings of another detector, a list for each of `texts`, that are taken as well.
    """
    own = Texts.of(payload)
    redactor = Redactor(
        policy=cast(Policy, policy),
        secret=secret,
        language=known_language(language),
        scope=cast(Scope, scope),
    )
    everything = [*texts, *own.candidates]
    result = redactor.redact_turns(everything, proposed)
    speakers, renamed = _speakers(own.speakers, redactor)
    new_meta, told = redact_meta(meta or {}, redactor)
    around = [*renamed, *told]
    if result.dropped or (policy == "drop" and around):
        counts = Counter(finding.kind for _turn, finding, _new in result.findings)
        return RedactedPayload(payload, [], counts + _kinds(around), dropped=True)
    if not result.findings and not around:
        return RedactedPayload(payload, result.maps, meta=new_meta)
    findings, originals = _places(everything, result.findings, result.maps)
    return RedactedPayload(
        payload=own.like([*result.texts, *speakers]).put_into(payload),
        maps=result.maps,
        counts=_kinds(findings) + _kinds(around),
        originals=originals + around,
        findings=findings,
        meta=new_meta,
    )


def known_language(language: str) -> Language | None:
    """The detectors' language for a code such as "zh-Hans"; None, which asks all of them, for others."""
    short = language.split("-")[0]
    return cast(Language, short) if short in {"en", "zh"} else None


def _kinds(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(row["kind"] for row in rows)


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


def _speakers(names: list[str], redactor: Redactor) -> tuple[list[str], list[dict[str, Any]]]:
    """Each speaker's name as others may see it ("customer" stays, "Anna Smith" does not), and what was
    replaced.

    After the texts and one by one: a name must not read like the answer to a turn's question.
    """
    shown: list[str] = []
    originals: list[dict[str, Any]] = []
    for name in names:
        new, found = _speaker(name, redactor)
        shown.append(new)
        originals += found
    return shown, originals


def _speaker(name: str, redactor: Redactor) -> tuple[str, list[dict[str, Any]]]:
    # A role, in nearly every file. It is looked at once, unless the texts have made it a name.
    plain = is_plain(name, None, "direct") and not redactor.knows(name)
    if redactor.policy == "keep" or plain:
        return name, []
    result = redactor.redact_around([name])
    return result.texts[0], [
        {
            "place": "speaker",
            "kind": finding.kind,
            "value": name[finding.start : finding.end],
            "replacement": replacement,
        }
        for _turn, finding, replacement in result.findings
    ]
