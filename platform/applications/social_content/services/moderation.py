"""Hidden posts are looked at by people, whose word counts, teaches the model, and can be objected to."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.models import Consensus
from annotations.services.review import correct_consensus
from annotations.services.sending_back import send_back
from applications.social_content.calibrating import in_force
from applications.social_content.models import Decision, Objection, Post
from applications.social_content.scoring import SAFE, SAFETY, payload_of
from common import audit
from common.errors import Conflict, Invalid, Problem
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project
from tasks_app.services.imports import start_import

MOST_WORDS = 2000


def hidden_posts(project: Project) -> QuerySet[Post]:
    """Those objected to first, the oldest of them first; then those most likely to be hidden wrongly.

    Unread posts are not among them: a model looks at them first.
    """
    floor = in_force(project)
    below = Q(decided=None, score__isnull=False)
    if floor is not None:
        heard = Q(tongues__contained_by=sorted(floor.tongues), tongues__isnull=False)
        below &= Q(score__lt=floor.threshold) | ~Q(version=floor.version) | ~heard
    objected = Objection.objects.filter(post=OuterRef("pk"), closed_at=None)
    posts = Post.objects.filter(project=project, restricted=False).annotate(objected=Exists(objected))
    return posts.filter(below | Q(objected=True)).order_by(
        "-objected", F("score").desc(nulls_last=True), "pk"
    )


def labels_of(project: Project) -> list[dict[str, str]]:
    """Labels of the safety field, with what they are called in both languages."""
    version = project.schema_versions.latest("number")
    field = next(one for one in parse_fields(version.fields) if one.name == SAFETY)
    return [
        {"name": option.name, "title": option.title or option.name, "title_zh": option.title_zh}
        for option in field.options
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a moderator found. seen: decisions there were when they looked, so that of two who look at once
    only the first one decides."""

    label: str
    reason: str
    seen: int


@transaction.atomic
def decide_post(*, post: Post, finding: Finding, moderator: User) -> Decision:
    """Show or hide a post for good, close what was objected, and make a labelled item of it for training.

    Raises Invalid for an unknown label or a missing reason, Conflict where somebody was faster.
    """
    _check(post.project, finding)
    post = Post.objects.select_for_update().get(pk=post.pk)
    if post.decisions.count() != finding.seen:
        raise Conflict(_("Somebody has decided on this post already. Look again."), code="decided")
    objection = Objection.objects.filter(post=post, closed_at=None).first()
    decision = Decision.objects.create(
        post=post, moderator=moderator, label=finding.label, safe=finding.label == SAFE,
        reason=finding.reason.strip(), objection=objection,
    )  # fmt: skip
    Post.objects.filter(pk=post.pk).update(decided=decision.safe)
    if objection is not None:
        Objection.objects.filter(pk=objection.pk).update(closed_at=timezone.now())
    audit.record(
        "social.post_decided", post, actor=moderator.pk, note=decision.reason, label=decision.label,
        objection=objection is not None,
    )  # fmt: skip
    _teach(post, decision, moderator)
    return decision


def _check(project: Project, finding: Finding) -> None:
    if finding.label not in {one["name"] for one in labels_of(project)}:
        detail = _("This project has no such label.")
        raise Invalid(detail, problems=[Problem("/label", "label", detail)])
    if not finding.reason.strip():
        detail = _("Say why; the author reads it.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])


def group_of(post: Post) -> str:
    """Of all items that decisions on a post made, however often its text was changed."""
    return f"social-{post.pk.hex}"


def item_id_of(post: Post) -> str:
    """A changed text is another item: a label is about the words that were looked at."""
    return f"{group_of(post)}-{hashlib.sha256(post.text.encode()).hexdigest()[:16]}"


def _teach(post: Post, decision: Decision, moderator: User) -> None:
    """The decision as a labelled item, pinned to training: posts in the queue were not drawn by lot.

    A later decision on the same post puts the item's label right.
    """
    value = [{"turn": 0, "label": decision.label}]
    taught = Consensus.objects.filter(
        project=post.project, field=SAFETY, item__external_id=item_id_of(post)
    ).first()
    if taught is not None:
        send_back(project=post.project, field=SAFETY, item_ids=[taught.item_id], actor=moderator)
        correct_consensus(consensus=taught, value=value, actor=moderator, reason=decision.reason)
    elif post.project.state != Project.State.FINISHED:
        line = {
            "id": item_id_of(post), "group": group_of(post), "split": "train",
            "approved": {SAFETY: value}, **payload_of(post.text),
        }  # fmt: skip
        body = json.dumps(line, ensure_ascii=False).encode()
        options = {"subjects": {item_id_of(post): str(post.subject)}} if post.subject else {}
        start_import(project=post.project, actor=moderator, chunks=[body], format="jsonl", options=options)


def is_hidden(post: Post) -> bool:
    return hidden_posts(post.project).filter(pk=post.pk).exists() or post.decided is False


@transaction.atomic
def object_to(*, post: Post, words: str) -> Objection:
    """The author's word against the hiding. Raises Conflict where the post is not hidden, or where a person
    has already heard an objection to this text of it, Invalid without words."""
    if not words.strip() or len(words) > MOST_WORDS:
        detail = _("Say in 1 to %d characters why it should be shown.") % MOST_WORDS
        raise Invalid(detail, problems=[Problem("/words", "length", detail)])
    post = Post.objects.select_for_update().get(pk=post.pk)
    if post.objections.filter(closed_at=None).exists():
        raise Conflict(_("You have objected already; a person will look at it."), code="objected")
    if objections_of(post).filter(decision__isnull=False).exists():
        raise Conflict(_("A person has looked at your objection and decided."), code="heard")
    if not is_hidden(post):
        raise Conflict(_("This post is not hidden."), code="not_hidden")
    objection = Objection.objects.create(post=post, words=words.strip())
    audit.record("social.objected", post, actor=None)
    return objection


def objections_of(post: Post) -> QuerySet[Objection]:
    """To the text as it is now."""
    said = Objection.objects.filter(post=post)
    return said.filter(made_at__gte=post.changed_at) if post.changed_at else said


def is_unfamiliar(post: Post) -> bool:
    """Whether it is hidden for its language alone: nobody has tested the model in it."""
    floor = in_force(post.project)
    if floor is None or post.decided is not None or post.tongues is None:
        return False
    return not floor.has_tested(frozenset(post.tongues))


def history_of(post: Post) -> Sequence[Decision]:
    return list(post.decisions.select_related("moderator", "objection").order_by("decided_at", "pk"))
