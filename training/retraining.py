"""What a rule finds when it looks: whether its condition is met, and the figures that say so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, Q, Sum
from django.db.models.fields import DurationField
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from training import satisfaction
from training.freezing import decided
from training.models import DriftReading, ModelVersion, RetrainFiring, RetrainRule, Run, Snapshot

Kind = RetrainRule.Kind
EMBEDDING = "embedding"  # a second head of a field; it answers with vectors
FRESH = timedelta(days=7)
LIVE = (Run.State.QUEUED, Run.State.RUNNING)


@dataclass(frozen=True, slots=True)
class Look:
    """verdict: waiting, at_work, cooling, over_budget, refused or fired; "met" before it has fired."""

    verdict: str
    figures: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict, **self.figures}


@dataclass(frozen=True, slots=True)
class Spent:
    """What a rule's runs took in this calendar month (UTC)."""

    runs: int
    minutes: float


def look(rule: RetrainRule, now: datetime) -> Look:
    """The verdict of this moment. Whatever it is, the figures of the condition stand beside it."""
    met, figures = READERS[rule.kind](rule, now)
    if not met:
        return Look("waiting", figures)
    if Run.objects.filter(project=rule.project_id, field=rule.field, state__in=LIVE).exists():
        return Look("at_work", figures)
    if (until := cooling_until(rule)) and until > now:
        return Look("cooling", {**figures, "until": until.isoformat()})
    if is_spent(rule, spent(rule, now)):
        return Look("over_budget", figures)
    return Look("met", figures)


def cooling_until(rule: RetrainRule) -> datetime | None:
    return rule.last_fired_at and rule.last_fired_at + timedelta(hours=rule.cooldown_hours)


def spent(rule: RetrainRule, now: datetime) -> Spent:
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    took = ExpressionWrapper(
        Coalesce(F("run__finished_at"), Now()) - F("run__started_at"), output_field=DurationField()
    )
    firings = RetrainFiring.objects.filter(rule=rule, fired_at__gte=month)
    found = firings.aggregate(runs=Count("pk"), took=Sum(took))
    return Spent(found["runs"], found["took"].total_seconds() / 60 if found["took"] else 0.0)


def spent_now(rule: RetrainRule) -> Spent:
    return spent(rule, timezone.now())


def is_spent(rule: RetrainRule, so_far: Spent) -> bool:
    out_of_runs = rule.budget_runs is not None and so_far.runs >= rule.budget_runs
    return out_of_runs or (rule.budget_minutes is not None and so_far.minutes >= rule.budget_minutes)


def production_for(rule: RetrainRule) -> ModelVersion | None:
    return ModelVersion.objects.filter(
        _same_head(rule, "model__head"), model__project=rule.project_id, model__field=rule.field,
        stage=ModelVersion.Stage.PRODUCTION,
    ).first()  # fmt: skip


def _same_head(rule: RetrainRule, name: str) -> Q:
    """The head that the rule trains; a recipe that names none trains the one of the field's type."""
    head = rule.recipe.get("head")
    return Q(**{name: head}) if head else ~Q(**{name: EMBEDDING})


Reading = tuple[bool, dict[str, Any]]


def read_approvals(rule: RetrainRule, now: datetime) -> Reading:
    """Approved now, over what the last training that ended well had. A failed run has taught nothing."""
    last = (
        Run.objects.filter(project=rule.project_id, field=rule.field, state=Run.State.SUCCEEDED)
        .filter(_same_head(rule, "version__model__head"), version__isnull=False)
        .select_related("snapshot")
        .order_by("-finished_at")
        .first()
    )
    trained = _looked_at(last.snapshot, rule.field) if last and last.snapshot else 0
    new = max(0, decided(rule.project, [rule.field]).count() - trained)
    every = rule.condition["every"]
    return new >= every, {"new": new, "every": every}


def _looked_at(snapshot: Snapshot, field: str) -> int:
    """What the snapshot took of the field, or left out for being like a test item: that is not new either."""
    left_out = snapshot.summary.get("duplicates", {}).get("left_out", 0)
    return int(left_out + sum(snapshot.counts.get(field, {}).values()))


def read_schedule(rule: RetrainRule, now: datetime) -> Reading:
    assert rule.next_at is not None  # noqa: S101 - a constraint of the database
    return rule.next_at <= now, {"next_at": rule.next_at.isoformat()}


def read_satisfaction(rule: RetrainRule, now: datetime) -> Reading:
    """The share of those content with the version in production; before it, with whatever answered."""
    condition, version = rule.condition, production_for(rule)
    if version is None:
        return False, {"missing": "production"}
    begin = now - timedelta(days=condition["window_days"])
    voices, content = satisfaction.between(begin, now, model=version.model_id, version=version.pk)
    # Of all versions, or a promotion would forget what was good.
    voices_before, content_before = satisfaction.between(begin - (now - begin), begin, model=version.model_id)
    share, before = content / max(voices, 1), content_before / max(voices_before, 1)
    figures = {
        "share": share, "voices": voices, "before": before, "voices_before": voices_before,
        "least_voices": condition["least_voices"], "below": condition["below"],
        "fallen_by": condition["fallen_by"],
    }  # fmt: skip
    if voices < condition["least_voices"]:
        return False, figures
    low = condition["below"] is not None and share < condition["below"]
    fallen = (
        condition["fallen_by"] is not None
        and voices_before >= condition["least_voices"]
        and before - share >= condition["fallen_by"]
    )
    return low or fallen, figures


def read_drift(rule: RetrainRule, now: datetime) -> Reading:
    """The newest reading of the version in production; it counts where chance alone does not explain it.

    There is one a day while enough is asked or imported; an old one says nothing of today.
    """
    version = production_for(rule)
    if version is None:
        return False, {"missing": "production"}
    fresh = DriftReading.objects.filter(version=version, day__gt=(now - FRESH).date())
    reading = fresh.order_by("-day").first()
    if reading is None:
        return False, {"missing": "reading"}
    index = rule.condition["index"]
    far = reading.embedding >= index and reading.embedding > reading.embedding_chance
    if reading.labels is not None and reading.labels_chance is not None:
        far = far or (reading.labels >= index and reading.labels > reading.labels_chance)
    enough = reading.items >= rule.condition["least_items"]
    return far and enough, {
        "embedding": reading.embedding, "labels": reading.labels, "items": reading.items, "index": index,
        "least_items": rule.condition["least_items"], "day": reading.day.isoformat(),
    }  # fmt: skip


READERS: dict[str, Callable[[RetrainRule, datetime], Reading]] = {
    Kind.APPROVALS: read_approvals,
    Kind.SCHEDULE: read_schedule,
    Kind.SATISFACTION: read_satisfaction,
    Kind.DRIFT: read_drift,
}
