"""What reviewers found wrong in a project, and how far they agree among themselves."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Value

from annotations.models import Answer, Review
from annotations.second_look import ReviewerAgreement, reviewer_agreement
from tasks_app import categories
from tasks_app.categories import Category
from tasks_app.models import Project


@dataclass(frozen=True)
class CategoryCount:
    """How many decisions named the category, and how many answers carry it."""

    category: Category
    decisions: int
    answers: int


@dataclass(frozen=True)
class Reviewed:
    categories: tuple[CategoryCount, ...]
    agreement: ReviewerAgreement


def reviewed_of(project: Project) -> Reviewed:
    """The most frequent category first; one that the project has dropped goes by its name."""
    named = {one.name: one for one in categories.parse(project.error_categories)}
    reviews = Review.objects.filter(consensus__project=project).exclude(category="")
    given = Answer.objects.filter(project=project).exclude(category="")
    both = _by_category(reviews, "decisions").union(_by_category(given, "answers"), all=True)
    counted: dict[str, dict[str, int]] = {"decisions": {}, "answers": {}}
    for part, name, n in both:
        counted[part][name] = n
    decisions, answers = counted["decisions"], counted["answers"]
    counts = [
        CategoryCount(named.get(name, Category(name, name)), decisions.get(name, 0), answers.get(name, 0))
        for name in {*decisions, *answers}
    ]
    counts.sort(key=lambda one: (-one.decisions, -one.answers, one.category.name))
    return Reviewed(tuple(counts), reviewer_agreement(project.pk))


def _by_category(rows: QuerySet[Any], part: str) -> QuerySet[Any, tuple[str, str, int]]:
    counted = rows.values("category").annotate(part=Value(part), n=Count("id"))
    found: QuerySet[Any, tuple[str, str, int]] = counted.values_list("part", "category", "n")
    return found
