"""For whom feeds are made, and whether they may be profiled for it."""

from django.db import transaction

from accounts.models import User
from applications.social_content.access import digest_of
from applications.social_content.models import Person, Shown
from applications.social_content.services.posts import erase_predictions
from common import audit
from tasks_app.models import Project


@transaction.atomic
def set_person(*, project: Project, person: str, interests: str, profiling: bool, actor: User) -> Person:
    """Keep what somebody is interested in. Without `profiling` nothing of it is kept, nothing ranked."""
    kept = interests.strip() if profiling else ""
    row, made = Person.objects.update_or_create(
        project=project, person=digest_of(project.pk, "person", person),
        defaults={"interests": kept, "profiling": profiling},
    )  # fmt: skip
    if not profiling:
        _forget_shown(row)
    audit.record("social.person_set", row, actor=actor.pk, profiling=profiling, new=made)
    return row


@transaction.atomic
def forget_person(*, project: Project, person: str, actor: User) -> bool:
    """Delete what is kept of somebody; False where there is nothing."""
    row = find_person(project, person)
    if row is None:
        return False
    audit.record("social.person_forgotten", row, actor=actor.pk)
    erase_person(row)
    return True


def find_person(project: Project, person: str) -> Person | None:
    return Person.objects.filter(project=project, person=digest_of(project.pk, "person", person)).first()


def erase_person(row: Person) -> None:
    _forget_shown(row)
    row.delete()


def _forget_shown(row: Person) -> None:
    """The predictions that hold the person's interests."""
    erase_predictions(list(Shown.objects.filter(person=row).values_list("prediction", flat=True)))
