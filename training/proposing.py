"""A span model in production as one more detector of personal data.

That of a project of the template "find-personal-data", the one promoted last where there are several. It
reads the imports of its own owner's projects, or of all if that owner administers the site: no requester's
model decides about the texts of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Membership, Role
from privacy.pii.finding import Finding, Scope
from privacy.pii.proposals import findings_of
from training import serving
from training.models import ModelVersion

TEMPLATE = "find-personal-data"
_SPAN = "span"
# Below every checked pattern, above what the rules only guess: a model knows no check digits.
_SCORE = 0.66


def current_proposer(owner: UUID) -> "SpanProposer | None":
    admins = Membership.objects.filter(scope=None, role=Role.ADMIN).values("user")
    whose = Q(model__project__owner=owner) | Q(model__project__owner__in=admins)
    version = (
        ModelVersion.objects.filter(
            whose | Q(model__project__owner__is_superuser=True),
            stage=ModelVersion.Stage.PRODUCTION,
            model__head=_SPAN,
            model__project__template=TEMPLATE,
        )
        .select_related("model")
        .order_by("-promoted_at")
        .first()
    )
    return None if version is None else SpanProposer(version)


@dataclass(frozen=True)
class SpanProposer:
    version: ModelVersion

    @property
    def name(self) -> str:
        return f"{self.version.model.name} v{self.version.number}"

    def propose(self, items: Sequence[Sequence[str]], scope: Scope) -> list[list[list[Finding]]]:
        """Raises EngineError or FileNotFoundError where the model cannot be loaded."""
        answers = serving.answers_in_background(self.version, [_payload(texts) for texts in items])
        return [
            findings_of(
                answer.value or [], texts, detector=f"model-v{self.version.number}", score=_SCORE, scope=scope
            )
            for texts, answer in zip(items, answers, strict=True)
        ]


def _payload(texts: Sequence[str]) -> dict[str, Any]:
    return {"turns": [{"speaker": "", "text": text} for text in texts]}
