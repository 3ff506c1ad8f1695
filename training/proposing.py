"""A span model in production as one more detector of personal data.

That of a project of the template "find-personal-data", the one promoted last where there are several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from privacy.pii.finding import Finding, Scope
from privacy.pii.proposals import findings_of
from training import serving
from training.models import ModelVersion

TEMPLATE = "find-personal-data"
_SPAN = "span"
# Below every checked pattern, above what the rules only guess: a model knows no check digits.
_SCORE = 0.66


def current_proposer() -> "SpanProposer | None":
    version = (
        ModelVersion.objects.filter(
            stage=ModelVersion.Stage.PRODUCTION, model__head=_SPAN, model__project__template=TEMPLATE
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
