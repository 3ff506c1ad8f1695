"""What is held about authors and readers of posts. Both are known by keyed digests of the caller's ids.

Somebody who brings such an id is found by it; somebody who is named in a post, by the name.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from applications import subjects
from applications.social_content.access import TEMPLATE, digest_of
from applications.social_content.models import Person, Post, Shown
from applications.social_content.services.moderation import group_of
from applications.social_content.services.people import erase_person
from applications.social_content.services.posts import erase_posts, predictions_of
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import Item
from training.models import Prediction


class SocialContentHolder:
    name = "social_content"
    rank = 5  # before those who hold the items and predictions that were made of posts

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(
            "posts", _("What you posted"),
            _rows(_posts_by(subject), "key", "text", "posted_at", "label", "score", "decided"),
            _("To show it to others where it is safe."), source=_("You."),
        )  # fmt: skip
        yield Holding(
            "interests", _("What you are interested in"),
            _rows(_people(subject), "interests", "profiling", "updated_at"),
            _("To put the posts of your feed in order."), source=_("You."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        subjects.lock(subject)
        posts = list(_posts_by(subject)) + list(_posts_about(subject))
        people = list(_people(subject))
        done = {"items": subjects.erase_items(_items(subject, posts, people), terms, but=self.name)}
        lost = [*_asked(subject).values_list("pk", flat=True)]
        for person in people:
            erase_person(person)
        done |= {"posts": erase_posts([post.pk for post in posts]), "people": len(people)}
        subjects.erase_predictions(lost)
        done["mentions"] = mentions.scrub_words("social_content", subject.values)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """A restricted post is neither shown nor read; a restricted reader is not profiled."""
        subjects.lock(subject)
        posts, people = list(_posts_by(subject)), list(_people(subject))
        subjects.restrict_items(_items(subject, posts, people), restricted=restricted, but=self.name)
        done = {
            "posts": _posts_by(subject).update(restricted=restricted),
            "people": _people(subject).update(restricted=restricted),
        }
        return {name: count for name, count in done.items() if count}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("social_content", subject.values)
        left |= {"posts": _posts_by(subject).count(), "people": _people(subject).count()}
        return {name: count for name, count in left.items() if count}


def _digests(subject: Subject, what: str) -> list[UUID]:
    """The ids that a person is known by, in every project that has posts or readers."""
    column = Post if what == "author" else Person
    projects = column.objects.order_by().values_list("project", flat=True).distinct()
    values = [value for value in subject.values if value.strip()]
    return [digest_of(project, what, value) for project in projects for value in values] if values else []


def _posts_by(subject: Subject) -> QuerySet[Post]:
    theirs = Q(author__in=_digests(subject, "author")) | Q(subject__in=subject.subjects)
    return Post.objects.filter(theirs)


def _posts_about(subject: Subject) -> QuerySet[Post]:
    """Posts of others that say what points at this person."""
    said = Q(pk__in=[])
    for value in mentions.telling(subject.values):
        said |= Q(text__icontains=value)
    return Post.objects.filter(said)


def _people(subject: Subject) -> QuerySet[Person]:
    theirs = Q(person__in=_digests(subject, "person")) | Q(subject__in=subject.subjects)
    return Person.objects.filter(theirs)


def _asked(subject: Subject) -> QuerySet[Prediction]:
    """Also those that no post and no feed points to any more."""
    return Prediction.objects.filter(subject__in=subject.subjects, version__model__project__template=TEMPLATE)


def _items(subject: Subject, posts: Sequence[Post], people: Sequence[Person]) -> set[UUID]:
    """Labelled items that moderators' decisions made of the posts, and those made of what people said of
    predictions about posts and readers."""
    wanted = Q(pk__in=[])
    for post in posts:
        wanted |= Q(project=post.project_id, group=group_of(post))
    seen = Shown.objects.filter(person__in=people).values_list("prediction", flat=True)
    asked = {
        *predictions_of([post.pk for post in posts]),
        *seen,
        *_asked(subject).values_list("pk", flat=True),
    }
    own = Item.objects.filter(wanted).values_list("pk", flat=True)
    return {*own, *subjects.items_of_cases(asked)}


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    yield from found.order_by("pk").values(*names).iterator(chunk_size=500)
