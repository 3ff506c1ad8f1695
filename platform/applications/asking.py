"""Asking the models that an application stands on."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict
from tasks_app.models import Project
from training.models import Model, ModelVersion
from training.services import predictions
from training.services.predictions import Predicted, Subjects


def model_of(project: Project, field: str) -> Model | None:
    """The one that gives the field's own kind of answer (an embedding of the same field is another model)."""
    models = Model.objects.filter(project=project, field=field).exclude(head="embedding")
    return models.order_by("created_at").first()


def in_production(project: Project, field: str) -> ModelVersion | None:
    """The version that answers now, if one does and it is not in quarantine."""
    version = ModelVersion.objects.filter(
        model__project=project,
        model__field=field,
        stage=ModelVersion.Stage.PRODUCTION,
        quarantined_at__isnull=True,
    )
    return version.exclude(model__head="embedding").select_related("model__project", "snapshot").first()


def ask(
    *, project: Project, field: str, items: Sequence[object], actor: User | None, subjects: Subjects = ()
) -> Predicted:
    """Answers of the field's model to up to 100 items, kept as predictions that take feedback.

    subjects: of each item the id of the DataSubject whose it is, by which an erasure finds the prediction.

    Raises Conflict with the code `no_version` where no version is in production.
    """
    model = model_of(project, field)
    if model is None:
        detail = _("No model of “%s” is in production yet. Train one and promote it.") % field
        raise Conflict(detail, code="no_version")
    return predictions.predict(model=model, items=items, actor=actor, subjects=subjects)
