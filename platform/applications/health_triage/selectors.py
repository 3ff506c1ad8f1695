"""What the page and the API show of promises and of what waits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from applications.health_triage import calibrating
from applications.health_triage.covering import Coverage, measure, risk_by_share
from applications.health_triage.models import AbstainedCase, Calibration, RiskSetting
from applications.health_triage.offering import Offer, offers
from applications.health_triage.promising import Lacking, Promise, Risk
from applications.health_triage.services.risk import risk_of
from privacy.models import DataSubject
from tasks_app.models import Project
from tasks_app.services.erasing_items import TOMBSTONE


@dataclass(frozen=True, slots=True)
class State:
    """setting: what may go wrong. The rest is None until the versions that answer now were calibrated."""

    setting: RiskSetting
    calibration: Calibration | None
    promised: Promise | None
    coverage: Coverage | None
    curve: list[tuple[float, float]]
    offers: Sequence[Offer] = ()


def state_of(project: Project) -> State:
    setting, calibration = risk_of(project), calibrating.current(project)
    if calibration is None:
        return State(setting, None, None, None, [])
    promised, known = calibration.promise(setting.risk), calibration.scored("measured")
    costs = _offers(calibration.pk, str(calibration.made_at), setting.risk)
    return State(setting, calibration, promised, measure(promised, known), risk_by_share(known), costs)


@lru_cache(maxsize=64)
def _offers(calibration_id: UUID, made_at: str, risk: Risk) -> tuple[Offer, ...]:
    """Worked out once for each calibration and risk in a process."""
    return tuple(offers(Calibration.objects.get(pk=calibration_id).scored("held_back"), risk))


def coverage_json(project: Project) -> dict[str, Any]:
    """`calibration` is null until the versions that answer now were calibrated; `coverage` is measured on
    frozen test items, which set no threshold; `offers`, what other promises cost, on items held back."""
    state = state_of(project)
    made, promised = state.calibration, state.promised
    return {
        "risk": asdict(state.setting.risk),
        "calibration": made and {
            "id": str(made.pk), "condition_version": str(made.condition_version),
            "urgency_version": str(made.urgency_version), "items": promised.items if promised else 0,
            "sha256": made.sha256, "made_at": made.made_at,
        },
        "promised": bool(promised and promised.holds),
        "lacking": [lacking_json(one) for one in promised.lacking] if promised else [],
        "coverage": state.coverage.to_json() if state.coverage else None,
        "offers": [_offer_json(one) for one in state.offers],
        "risk_by_share": [{"answered": answered, "wrong": wrong} for answered, wrong in state.curve],
    }  # fmt: skip


def _offer_json(one: Offer) -> dict[str, Any]:
    shares = {name: getattr(one, name) for name in ("abstains", "wrong", "groups", "range")}
    told = {
        name: {"value": share.value, "hits": share.hits, "of": share.count} for name, share in shares.items()
    }
    promised = {"wrong": one.risk.wrong, "under_triage": one.risk.under_triage}
    return {"promise": promised, "possible": one.possible, **told}


def lacking_json(one: Lacking) -> dict[str, Any]:
    return {"about": one.about, "name": one.name, "there": one.there, "needed": one.needed}


def cases_of(project: Project) -> QuerySet[AbstainedCase]:
    """Without those of people who have had the use of their data restricted, and of texts that are erased."""
    restricted = DataSubject.objects.filter(restricted=True).values("pk")
    rows = AbstainedCase.objects.filter(project=project).exclude(prediction__subject__in=restricted)
    rows = rows.exclude(prediction__payload=TOMBSTONE)
    return rows.select_related("prediction__version__model")


def waiting_cases(project: Project) -> QuerySet[AbstainedCase]:
    """The most urgent first, then the oldest."""
    waiting = cases_of(project).filter(state=AbstainedCase.State.WAITING)
    return waiting.order_by("-highest", "pk")
