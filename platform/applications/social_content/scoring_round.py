"""Posts that the version in production has not read yet are read by it, oldest first, by workers."""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from applications.asking import in_production
from applications.embedding import embed
from applications.social_content.models import Post
from applications.social_content.scoring import SAFETY, Scored, payload_of, score_texts
from applications.social_content.services.posts import let_go
from applications.social_content.tongues import tongues_of
from tasks_app.models import Project
from training.asking import new_prediction, store_predictions
from training.engine.errors import EngineError
from training.models import ModelVersion, Prediction

logger = logging.getLogger(__name__)
AT_ONCE, MOST_BATCHES = 64, 200


def unread(project_id: UUID, version: ModelVersion) -> QuerySet[Post]:
    """Read by no version, or by another than the one in production."""
    posts = Post.objects.filter(project=project_id, restricted=False)
    return posts.filter(Q(version=None) | ~Q(version=version) | Q(vector=None) | Q(tongues=None))


def read_posts(project_id: UUID) -> int:
    """Read all that wait; how many. Several workers share them; what a killed one had begun is read again.

    Where the version cannot answer, posts stay unread, and so unseen.
    """
    count = 0
    for _batch in range(MOST_BATCHES):
        done = _read_batch(project_id)
        count += done
        if done < AT_ONCE:
            break
    return count


@transaction.atomic
def _read_batch(project_id: UUID) -> int:
    version = in_production(Project.objects.get(pk=project_id), SAFETY)
    if version is None:
        return 0
    waiting = unread(project_id, version).select_for_update(skip_locked=True, of=("self",))
    posts = list(waiting.order_by("posted_at", "pk")[:AT_ONCE])
    if not posts:
        return 0
    texts = [post.text for post in posts]
    try:
        found = score_texts(version, texts)
    except (EngineError, FileNotFoundError) as error:
        logger.warning("Posts of %s stay unread: %s", project_id, error)
        return 0
    _keep(version, posts, found)
    return len(posts)


def _keep(version: ModelVersion, posts: Sequence[Post], found: Sequence[Scored]) -> None:
    owner = version.model.project.owner_id
    rows = [_prediction(version, owner, post, one) for post, one in zip(posts, found, strict=True)]
    before = {post.prediction: post.pk for post in posts if post.prediction}
    store_predictions(rows)
    let_go(before)
    vectors = embed([post.text for post in posts])
    for post, one, row, vector in zip(posts, found, rows, vectors, strict=True):
        post.score, post.label, post.version, post.prediction = one.score, one.label, version, row.pk
        post.vector, post.tongues = vector, tongues_of(post.text)
    Post.objects.bulk_update(posts, ["score", "label", "version", "prediction", "vector", "tongues"])


def _prediction(version: ModelVersion, owner: UUID, post: Post, one: Scored) -> Prediction:
    """The post's text went through the gate when it came, so that it is stored as it is."""
    value = [{"turn": 0, "label": one.label}] if one.label else []
    return new_prediction(
        version=version, requested_by_id=owner, subject=post.subject, payload=payload_of(post.text),
        shifts=[[]], value=value, confidence=one.sure,
    )  # fmt: skip
