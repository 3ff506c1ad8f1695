"""Not for me: a word on the model's answer, and an interaction that keeps the item off a person's lists."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation import matching
from applications.recommendation.models import CatalogueItem, Interaction, Person
from applications.recommendation.services.interactions import add_interaction
from common.errors import Conflict, NotFound
from tasks_app.models import Project
from training.models import Prediction
from training.services.feedback import give_feedback


@transaction.atomic
def dismiss(
    *, project: Project, prediction_id: UUID | None, item_id: str, person_id: UUID | None, actor: User
) -> None:
    """Both or none. Said twice, it is said once. person_id: Person's; None for somebody who is nobody here.

    Raises NotFound for an item, a prediction or a person of another project.
    """
    item = CatalogueItem.objects.filter(project=project, external_id=item_id).first()
    person = Person.objects.filter(project=project, pk=person_id).first() if person_id else None
    predictions = Prediction.objects.filter(version__model__project=project)
    prediction = predictions.filter(pk=prediction_id).first() if prediction_id else None
    if item is None or (person_id and person is None) or (prediction_id and prediction is None):
        raise NotFound(_("There is no such recommendation."))
    if prediction is not None:
        _complain(project, prediction, actor)
    if person is not None and not person.interactions.filter(item=item, kind="dismissed").exists():
        add_interaction(person=person, item=item, kind=Interaction.Kind.DISMISSED, at=timezone.now())


def _complain(project: Project, prediction: Prediction, actor: User) -> None:
    matcher = matching.matcher_of(project)
    same = matcher is not None and matcher.version.model_id == prediction.version.model_id
    try:
        with transaction.atomic():
            give_feedback(
                prediction=prediction, author=actor, thumbs=-1,
                correction=matcher.negative if matcher and same else None,
            )  # fmt: skip
    except Conflict:
        return  # they have said it already
