"""What people did with items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation import persons, popularity
from applications.recommendation.mixing.reading import Line
from applications.recommendation.models import CatalogueItem, Interaction, Mixture, Person
from applications.recommendation.services.catalogue import BadLine, Pushed, check_number, id_in, time_in
from common import audit
from tasks_app.models import Project

_AHEAD = timedelta(days=1)  # clocks differ, and so do time zones that somebody forgot


@dataclass(frozen=True, slots=True)
class _Wanted:
    line: int
    person: str
    item: str
    kind: str
    at: datetime


def push_interactions(*, project: Project, lines: Sequence[Line], actor: User | None) -> Pushed:
    """Add what is not there yet; the same person, item, kind and time are the same interaction."""
    check_number(lines)
    done = Pushed()
    wanted = list[_Wanted]()
    for line in lines:
        try:
            wanted.append(_read(line))
        except BadLine as bad:
            done.problems.append((line.number, str(bad)))
    known = _items(project, wanted)
    for one in wanted:
        if one.item not in known:
            done.problems.append((one.line, _("There is no item “%s” in the catalogue.") % one.item))
    _store(project, [one for one in wanted if one.item in known], known, done)
    done.problems.sort()
    if done.created:
        audit.record(
            "recommendation.interactions_pushed", project, actor=actor.pk if actor else None,
            created=done.created,
        )  # fmt: skip
    return done


@transaction.atomic
def add_interaction(*, person: Person, item: CatalogueItem, kind: str, at: datetime) -> bool:
    """One of a person who is known; whether it was news."""
    held = Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    if held is None:  # erased a moment ago
        return False
    row = Interaction(person=held, item=item, kind=kind, at=at)
    return bool(_add([row], half_life_of(item.project_id)))


def half_life_of(project: UUID) -> float:
    found = Mixture.objects.filter(project=project).values_list("half_life_days", flat=True).first()
    return found or float(Mixture._meta.get_field("half_life_days").get_default())


@transaction.atomic
def _store(project: Project, wanted: Sequence[_Wanted], known: dict[str, UUID], done: Pushed) -> None:
    if not wanted:
        return
    people = persons.hold_persons(project.pk, {one.person for one in wanted})
    rows = [
        Interaction(person=people[one.person], item_id=known[one.item], kind=one.kind, at=one.at)
        for one in wanted
    ]
    done.created = _add(rows, half_life_of(project.pk))
    done.unchanged = len(wanted) - done.created


def _add(rows: Sequence[Interaction], half_life: float) -> int:
    """In the caller's transaction, which holds the persons. How many were not there yet."""
    touched = {row.item_id for row in rows}
    popularity.hold_items(touched)
    before = _count(rows)
    Interaction.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    popularity.recount(touched, half_life)
    return _count(rows) - before


def _count(rows: Sequence[Interaction]) -> int:
    """Of the persons at hand, who are locked: nobody else adds to them meanwhile."""
    return Interaction.objects.filter(person__in={row.person_id for row in rows}).count()


def _items(project: Project, wanted: Sequence[_Wanted]) -> dict[str, UUID]:
    names = {one.item for one in wanted}
    rows = CatalogueItem.objects.filter(project=project, external_id__in=names)
    return dict(rows.values_list("external_id", "pk"))


def _read(line: Line) -> _Wanted:
    if line.problem:
        raise BadLine(line.problem)
    row = line.row
    kind = row.get("kind", Interaction.Kind.USED)
    if kind not in Interaction.Kind.values:
        raise BadLine(_("“kind” must be one of: %s.") % ", ".join(Interaction.Kind.values))
    at = time_in(row, "at")
    if at is None:
        raise BadLine(_("Say when it was, as “at”."))
    if at > timezone.now() + _AHEAD:
        raise BadLine(_("“at” lies in the future."))
    return _Wanted(line.number, id_in(row, "person"), id_in(row, "item"), kind, at)
