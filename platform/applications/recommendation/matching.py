"""How probable it is that an item suits a history, by the model of the project's field about pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from applications import asking
from applications.recommendation.models import CatalogueItem
from common.errors import Unavailable
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.fields.scale import ScaleField
from tasks_app.models import Project
from training import serving
from training.engine.errors import EngineError
from training.micro_batching import Overloaded
from training.models import ModelVersion
from training.serving import Answer

LATEST = 4  # of a history, the last ones: people change, and every word costs time
YES = "yes"


@dataclass(frozen=True, slots=True)
class Matcher:
    """The version that answers now, and the field whose answers it gives."""

    field: Field
    version: ModelVersion

    def answers(self, payloads: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        """One for each pair, in order. Raises Unavailable where the model cannot answer."""
        try:
            return serving.answers_of(self.version, payloads).answers if payloads else []
        except Overloaded as error:
            detail = _("Too many questions to this model wait already. Try again in a moment.")
            raise Unavailable(detail, code="overloaded") from error
        except (EngineError, OSError) as error:
            detail = _("This model cannot be loaded: %s") % error
            raise Unavailable(detail, code="model_unusable") from error

    def in_background(self, payloads: Sequence[dict[str, Any]]) -> list[float]:
        """0..1 of each pair, for a worker. Raises EngineError where the model cannot answer."""
        return [self.probability(one) for one in serving.answers_in_background(self.version, payloads)]

    def probability(self, answer: Answer) -> float:
        return match_of(answer.detail, self.field)

    @property
    def negative(self) -> Any:
        """The answer that says that the item does not suit at all, as a correction."""
        if isinstance(self.field, ScaleField):
            return self.field.min
        return next(label for label in self.field.labels if label != positive_of(self.field))


def pair_field(project: Project) -> Field | None:
    """The project's field about pairs that a choice or a rating answers; the first one of several."""
    for field in selectors.current_fields(project):
        if field.scope == "pair" and field.type in {"choice", "scale"}:
            return field
    return None


def matcher_of(project: Project) -> Matcher | None:
    """None while no version is in production: items are then ranked without the match."""
    field = pair_field(project)
    version = asking.in_production(project, field.name) if field else None
    return Matcher(field, version) if field and version else None


def positive_of(field: Field) -> str:
    return YES if YES in field.labels else field.labels[0]


def match_of(detail: dict[str, Any], field: Field) -> float:
    """Of a choice the probability of "yes" (or of the first label); of a rating its mean, brought to 0..1."""
    probabilities: dict[str, float] = detail["probabilities"]
    if isinstance(field, ScaleField):
        mean = sum(int(point) * share for point, share in probabilities.items())
        return float(min(1.0, max(0.0, (mean - field.min) / (field.max - field.min))))
    return float(probabilities.get(positive_of(field), 0.0))


def history_text(items: Sequence[CatalogueItem]) -> str:
    """Titles of the last items, the latest first."""
    return "; ".join(item.title for item in items[:LATEST])


def pair_of(history: str, item: CatalogueItem) -> dict[str, Any]:
    """As the labelled pairs are written."""
    return {"pair": [history, item.whole_text]}
