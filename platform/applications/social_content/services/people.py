"""For whom feeds are made, and whether they may be profiled for it."""

from django.db import transaction

from accounts.models import User
from applications import subjects
from applications.social_content.access import digest_of
from applications.social_content.models import Person, Shown
from common import audit
from tasks_app.models import Project


@transaction.atomic
def set_person(*, project: Project, person: str, interests: str, profiling: bool, actor: User) -> Person:
    """Keep what somebody is interested in. Without `profiling` nothing of it is kept, nothing ranked; nor of
    somebody who has opted out of the sharing of their data or has had its use restricted."""
    held = subjects.hold(project.pk, [person])[person]
    kept_back = held.restricted or subjects.has_opted_out(held.id)
    kept = interests.strip() if profiling and not kept_back else ""
    row, made = Person.objects.update_or_create(
        project=project, person=digest_of(project.pk, "person", person),
        defaults={"interests": kept, "profiling": profiling, "subject": held.id},
        create_defaults={"interests": kept, "profiling": profiling, "subject": held.id,
                         "restricted": held.restricted},
    )  # fmt: skip
    if not profiling or kept_back:
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
    row = Person.objects.filter(project=project, person=digest_of(project.pk, "person", person)).first()
    if row is not None and row.subject is None:  # kept before people were known by it
        row.subject = subjects.subject_id(project.pk, person)
        Person.objects.filter(pk=row.pk).update(subject=row.subject)
    return row


def may_profile(row: Person) -> bool:
    """Also what a program said before counts no more once the person has opted out, or is restricted."""
    return row.profiling and not row.restricted and not subjects.has_opted_out(row.subject)


def erase_person(row: Person) -> None:
    _forget_shown(row)
    row.delete()


def _forget_shown(row: Person) -> None:
    """The predictions that hold the person's interests."""
    subjects.erase_predictions(list(Shown.objects.filter(person=row).values_list("prediction", flat=True)))
