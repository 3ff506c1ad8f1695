"""Erasure over every app: all holders by rank in one transaction, then a look for what is left, then a
signed certificate.

Files go on commit, so residue can be looked for only afterwards. Between the two the row remembers what was
erased; a worker that is killed there leaves a request that is taken up again: erasing once more finds
nothing, and the counts of both times are added.
"""

from collections import Counter
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from common import audit
from privacy import holders
from privacy.holders import Subject, Terms
from privacy.models import SubjectRequest
from privacy.obstacles import refuse_unsettled
from privacy.services.certificates import sign_certificate


class ResidueLeft(Exception):
    """Something is still held after an erasure. Its text names holders and kinds, and no person."""

    def __init__(self, residue: dict[str, dict[str, int]]) -> None:
        rows = [(name, kind, count) for name, kinds in residue.items() for kind, count in kinds.items()]
        super().__init__("residue: " + ", ".join(f"{name}.{kind}: {count}" for name, kind, count in rows))


def erase(row: SubjectRequest, subject: Subject) -> dict[str, Any]:
    """Erase, look, sign. Returns what was erased. Raises ResidueLeft, and then there is no certificate;
    Conflict, with nothing erased, when the person has earned something since and did not give it up."""
    outcome = _erase_all(row, subject)
    if residue := residue_of(subject):
        raise ResidueLeft(residue)
    sign_certificate(request=row, erased=outcome["erased"], models=outcome["models"])
    return outcome


@transaction.atomic
def _erase_all(row: SubjectRequest, subject: Subject) -> dict[str, Any]:
    row.refresh_from_db(fields=["outcome", "waives_earnings"])
    if row.account and not row.done_at:
        refuse_unsettled(row.account, waives=row.waives_earnings)
    models = row.outcome.get("models") or [asdict(model) for model in holders.affected_models(subject)]
    terms = Terms(request=row.pk, actor=row.actor, legal_ground=_ground(row))
    erased: dict[str, Counter[str]] = {
        name: Counter(counts) for name, counts in row.outcome.get("erased", {}).items()
    }
    for holder in holders.all_holders():
        erased.setdefault(holder.name, Counter()).update(holder.erase(subject, terms))
    row.outcome = {
        **row.outcome,
        "models": models,
        "erased": {name: dict(+counts) for name, counts in erased.items()},
    }
    row.done_at, row.progress = timezone.now(), 80
    row.save(update_fields=["outcome", "done_at", "progress"])
    audit.record("request.erased", row, actor=row.actor, erased=row.outcome["erased"])
    outcome: dict[str, Any] = row.outcome
    return outcome


def residue_of(subject: Subject) -> dict[str, dict[str, int]]:
    """holder -> kind -> how many are left; empty when nothing is."""
    found = {holder.name: holder.residue(subject) for holder in holders.all_holders()}
    left = {name: {kind: n for kind, n in kinds.items() if n} for name, kinds in found.items()}
    return {name: kinds for name, kinds in left.items() if kinds}


def _ground(row: SubjectRequest) -> str:
    return {"gdpr": "GDPR Art. 17", "ccpa": "Cal. Civ. Code §1798.105", "pipl": "PIPL Art. 47"}[row.regime]
