"""What recommendation holds about a person: what they did with items. Nothing else is kept of them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from applications import subjects
from applications.recommendation import popularity
from applications.recommendation.models import Interaction, Person
from applications.recommendation.services.interactions import half_life_of
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from privacy.models import DataSubject
from training.models import Prediction

_TEMPLATE = "recommendation"


class RecommendationHolder:
    name = "recommendation"
    rank = 5  # before the vault, which forgets who the subjects are

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(
            "interactions", _("What you did with items that were recommended"), _rows(subject),
            _("To recommend what suits you, and to count what is popular."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """Interactions go, and with them what they added to any count; so do the questions to the model, in
        which the last titles stand."""
        people = _hold(subject)
        asked = list(_asked(subject).values_list("pk", flat=True))
        items = subjects.erase_items(subjects.items_of_cases(asked), terms, but=self.name)
        touched = _touched(people)
        done = {
            "interactions": Interaction.objects.filter(person__in=people).delete()[0],
            "persons": Person.objects.filter(pk__in=[person.pk for person in people]).delete()[0],
            "items": items,
            "predictions": subjects.erase_predictions(asked),
        }
        _recount(touched)
        done["mentions"] = mentions.scrub_words("recommendation", subject.values)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Nobody sees a list made of their data, and nothing of theirs counts, until that ends."""
        people = [person for person in _hold(subject) if person.restricted != restricted]
        Person.objects.filter(pk__in=[person.pk for person in people]).update(restricted=restricted)
        _recount(_touched(people))
        return {"persons": len(people)} if people else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("recommendation", subject.values)
        left |= {
            "persons": Person.objects.filter(pk__in=subject.subjects).count(),
            "interactions": Interaction.objects.filter(person__in=subject.subjects).count(),
            "predictions": _asked(subject).count(),
        }
        return {name: count for name, count in left.items() if count}


def _asked(subject: Subject) -> QuerySet[Prediction]:
    """Pairs of this person's history and an item."""
    return Prediction.objects.filter(
        subject__in=subject.subjects, version__model__project__template=_TEMPLATE
    )


def _hold(subject: Subject) -> list[Person]:
    """Locked in the order of those who push interactions: subjects first, then persons."""
    found = DataSubject.objects.select_for_update().filter(pk__in=subject.subjects).order_by("pk")
    list(found.values_list("pk"))
    people = Person.objects.select_for_update().filter(pk__in=subject.subjects).select_related("project")
    return list(people.order_by("pk"))


def _touched(people: list[Person]) -> dict[UUID, set[UUID]]:
    """Project -> items."""
    return {
        person.project_id: set(
            Interaction.objects.filter(person__in=people, person__project=person.project_id).values_list(
                "item", flat=True
            )
        )
        for person in people
    }


def _recount(touched: dict[UUID, set[UUID]]) -> None:
    for project, items in sorted(touched.items()):
        popularity.recount(items, half_life_of(project))


def _rows(subject: Subject) -> Iterator[dict[str, Any]]:
    rows: QuerySet[Interaction] = Interaction.objects.filter(person__in=subject.subjects)
    names = ("item__title", "kind", "at")
    for row in rows.order_by("pk").values(*names).iterator(chunk_size=500):
        yield {name.replace("item__title", "item"): value for name, value in row.items()}
