"""Posts come in, are read by the safety model, and go."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications import subjects
from applications.social_content import tasks
from applications.social_content.access import digest_of
from applications.social_content.models import Objection, Post, Shown
from common import audit
from common.errors import Invalid, Problem
from common.gate import through_gate
from common.queueing import enqueue_on_commit
from tasks_app.models import Project
from training.models import Prediction

MOST_AT_ONCE, MOST_CHARACTERS = 1000, 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    key: str
    text: str
    author: str = ""
    posted_at: datetime | None = None
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """outcome: created, changed (its text was another before), or unchanged."""

    post: Post
    outcome: str


@transaction.atomic
def take_posts(*, project: Project, posts: Sequence[NewPost], actor: User) -> list[Taken]:
    """Keep posts by the caller's ids, in order. The same post again changes nothing.

    A changed text is read anew and what was decided of the old one is void. Nobody is shown a post before it
    was read. Raises Invalid for too many, or for an id that is there twice.
    """
    _check(posts)
    authors = _Authors(project, {one.author for one in posts if one.author})
    there = {
        post.key: post
        for post in Post.objects.select_for_update()
        .filter(project=project, key__in=[one.key for one in posts])
        .order_by("key")
    }
    taken = [_take(project, one, there.get(one.key), authors) for one in posts]
    if new := [one for one in taken if one.outcome != "unchanged"]:
        audit.record("social.posts_taken", project, actor=actor.pk, count=len(new))
        enqueue_on_commit(tasks.predict_posts, project.pk)
    return taken


class _Authors:
    """Who they are, and what somebody's restriction says of posts that come in now."""

    def __init__(self, project: Project, names: Collection[str]) -> None:
        held = subjects.hold(project.pk, names)
        digests = {name: digest_of(project.pk, "author", name) for name in names}
        known = Post.objects.filter(project=project, author__in=digests.values(), restricted=True)
        restricted = set(known.values_list("author", flat=True))
        self._columns = {
            name: {"author": digests[name], "subject": one.id,
                   "restricted": one.restricted or digests[name] in restricted}
            for name, one in held.items()
        }  # fmt: skip

    def columns_of(self, name: str) -> dict[str, Any]:
        return self._columns.get(name, {"author": None, "subject": None})


def _take(project: Project, one: NewPost, post: Post | None, authors: _Authors) -> Taken:
    columns = authors.columns_of(one.author)
    if post is None:
        post, made = Post.objects.get_or_create(
            project=project, key=one.key,
            defaults={**columns, "text": one.text, "boost": one.boost,
                      "posted_at": one.posted_at or timezone.now()},
        )  # fmt: skip
        if made:
            return Taken(post, "created")
    if post.text == through_gate(one.text):
        if post.boost != one.boost:
            Post.objects.filter(pk=post.pk).update(boost=one.boost)
        return Taken(post, "unchanged")
    let_go({post.prediction: post.pk} if post.prediction else {})
    for name, value in columns.items():
        setattr(post, name, value)
    post.text, post.boost, post.changed_at = one.text, one.boost, timezone.now()
    post.score, post.label, post.version, post.prediction, post.decided = None, "", None, None, None
    post.vector, post.tongues = None, None
    post.save()
    Objection.objects.filter(post=post, closed_at=None).update(closed_at=timezone.now())
    return Taken(post, "changed")


def _check(posts: Sequence[NewPost]) -> None:
    if not 1 <= len(posts) <= MOST_AT_ONCE:
        detail = _("Send 1 to %d posts at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/posts", "length", detail)])
    seen: set[str] = set()
    for index, one in enumerate(posts):
        if one.key in seen:
            detail = _("Two posts of one request have this id.")
            raise Invalid(detail, problems=[Problem(f"/posts/{index}/id", "duplicate", detail)])
        seen.add(one.key)


@transaction.atomic
def forget_post(*, post: Post, actor: User) -> None:
    """Delete a post with all that was said of it."""
    audit.record("social.post_forgotten", post, actor=actor.pk)
    erase_posts([post.pk])


def erase_posts(ids: Sequence[UUID]) -> int:
    """Posts, and the predictions and cases that hold their texts, within the caller's transaction."""
    posts = Post.objects.filter(pk__in=ids)
    subjects.erase_predictions(predictions_of(ids))
    count = posts.count()
    posts.delete()
    return count


def predictions_of(ids: Sequence[UUID]) -> list[UUID]:
    """That hold the posts' texts."""
    posts = Post.objects.filter(pk__in=ids)
    asked = {*posts.values_list("prediction", flat=True), *posts.values_list("shown__prediction", flat=True)}
    return sorted(one for one in asked if one is not None)


def let_go(predictions: Mapping[UUID, UUID]) -> None:
    """Answers that others take the place of, each with its post. One that somebody spoke of stays, and stays
    known as its post's, so that an erasure finds the text in it."""
    rows = Prediction.objects.filter(pk__in=predictions)
    rows.filter(feedback=None).delete()
    kept = rows.values_list("pk", flat=True)
    Shown.objects.bulk_create(
        [Shown(prediction_id=pk, post_id=predictions[pk]) for pk in kept], ignore_conflicts=True
    )
