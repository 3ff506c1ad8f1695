"""What the pages show, read and put into order."""

from django.db.models import Count, Max, Q, QuerySet

from accounts.models import User
from training import access
from training.models import DriftReading, Feedback, Model, ModelVersion, RetrainFiring, Run


def live_runs(user: User) -> QuerySet[Run]:
    live = access.runs_for(user).filter(state__in=["queued", "running"])
    return live.select_related("version__model").order_by("-state", "queued_at")


def past_runs(user: User) -> QuerySet[Run]:
    ended = access.runs_for(user).exclude(state__in=["queued", "running"])
    return ended.select_related("version__model").order_by("-finished_at")


def models_overview(user: User) -> QuerySet[Model]:
    """Models with the number in production and what people thought of its answers."""
    said = "versions__predictions__feedback"
    return (
        access.models_for(user)
        .annotate(
            count=Count("versions", distinct=True),
            serving=Max("versions__number", filter=Q(versions__stage=ModelVersion.Stage.PRODUCTION)),
            up=Count(said, filter=Q(**{f"{said}__thumbs": 1}), distinct=True),
            down=Count(said, filter=Q(**{f"{said}__thumbs": -1}), distinct=True),
        )
        .order_by("name")
    )


def feedback_inbox(model: Model) -> QuerySet[Feedback]:
    about = Feedback.objects.filter(prediction__version__model=model)
    return about.select_related("prediction__version", "author").order_by("handled_at", "-created_at")


def drift_history(model: Model, *, most: int = 200) -> list[DriftReading]:
    """The newest readings of all versions of a model, oldest first."""
    rows = DriftReading.objects.filter(version__model=model).select_related("version")
    return list(rows.order_by("-day", "-pk")[:most])[::-1]


def recent_firings(user: User) -> QuerySet[RetrainFiring]:
    about = RetrainFiring.objects.filter(rule__in=access.rules_for(user))
    return about.select_related("rule__project", "run__version__model").order_by("-fired_at")
