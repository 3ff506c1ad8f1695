"""Which method weighs the answers to a field: what gold shows, the default, or what the owner fixed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from annotations.aggregation.choosing import Choice, MethodScore, choose_method
from annotations.aggregation.families import family
from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.models import FieldFit
from tasks_app.fields.base import Field

TITLES = {
    "hierarchical": _("People in three levels"),
    "majority": _("Majority vote"),
    "dawid-skene": _("Dawid-Skene"),
    "one-coin": _("One accuracy for each person"),
    "glad": _("GLAD (people and difficulty)"),
    "mace": _("MACE (who guesses)"),
    "wawa": _("Vote weighted by agreement"),
}
# Trying every method costs several fits; it is done anew when the gold has grown by so much.
_GROWTH = 1.2


@dataclass(frozen=True)
class MethodFigures:
    """What a method reached on held-out gold; all 0..1 but `log_loss`, which is better when lower."""

    method: str
    accuracy: float
    confidence: float
    log_loss: float

    @property
    def title(self) -> StrPromise:
        return TITLES[self.method]


@dataclass(frozen=True)
class Weighing:
    """How the answers to a field are weighed. `why`: "owner", "gold" or "default"; `gold`: units with a known
    truth that were judged; `doubt`: the share of each belief that is left to the vote."""

    method: str
    why: str
    gold: int
    doubt: float
    fixed: bool
    figures: tuple[MethodFigures, ...]

    @property
    def title(self) -> StrPromise:
        return TITLES[self.method]


def choose(project_id: UUID, field: Field, judgments: Sequence[Judgment]) -> Choice | None:
    """None where the field's kind knows one method only. What gold showed is kept until gold has grown."""
    if not family(field.method).has_methods:
        return None
    last = FieldFit.objects.filter(project_id=project_id, field=field.name).first()
    seen = len({judgment.unit for judgment in judgments if judgment.worker == KNOWN})
    choice = _last_choice(last) if last else None
    if choice is None or seen >= max(choice.gold, 1) * _GROWTH:
        choice = choose_method(judgments)
    return choice


def used(project_id: UUID, field: str, choice: Choice) -> str:
    """The owner's word is above what gold showed."""
    fixed = FieldFit.objects.filter(project_id=project_id, field=field).values_list("fixed_method", flat=True)
    return next(iter(fixed), "") or choice.method


def keep(project_id: UUID, field: str, choice: Choice | None, doubt: float, reading: dict[str, Any]) -> None:
    if choice is None:
        return
    scores = {method: asdict(score) for method, score in choice.scores.items()}
    fit = FieldFit.objects.get(project_id=project_id, field=field)
    fit.method, fit.doubt, fit.reading = fit.fixed_method or choice.method, doubt, reading
    fit.choice = {"method": choice.method, "gold": choice.gold, "scores": scores}
    fit.save(update_fields=["method", "choice", "doubt", "reading"])


def _last_choice(fit: FieldFit) -> Choice | None:
    if not fit.choice:
        return None
    scores = {method: MethodScore(**score) for method, score in fit.choice["scores"].items()}
    return Choice(fit.choice["method"], fit.choice["gold"], scores)


def weighing_of(fit: FieldFit | None) -> Weighing | None:
    """None where the kind of field knows one way only, or before the first fit."""
    choice = _last_choice(fit) if fit else None
    if fit is None or choice is None:
        return None
    figures = [MethodFigures(method, **asdict(score)) for method, score in choice.scores.items()]
    return Weighing(
        method=fit.method,
        why="owner" if fit.fixed_method else "gold" if choice.by_gold else "default",
        gold=choice.gold,
        doubt=fit.doubt,
        fixed=bool(fit.fixed_method),
        figures=tuple(sorted(figures, key=lambda row: (-row.accuracy, row.log_loss))),
    )
