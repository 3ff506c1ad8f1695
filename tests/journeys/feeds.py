"""A feed with posts above and below its floor, one of them objected to."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from applications.social_content.access import token_of
from applications.social_content.models import Post
from applications.social_content.services.moderation import Finding, decide_post, object_to
from tests.applications.social_content.conftest import FIELDS, hold, version_of
from tests.factories import make_project
from training.models import Prediction

POSTS = [
    ("first", "The garden is full of peas. 豌豆熟了", 0.9995, "safe"),
    ("second", "Hot soup and a bicycle bell.", 0.998, "safe"),
    ("third", "Nobody wants you here, leave. 走开", 0.001, "harassment"),
    ("fourth", "Maybe it rains, maybe it does not.", 0.6, "borderline"),
    ("fifth", "Leave it to the cook.", 0.2, "harassment"),
]


def feed_ids(owner: User) -> dict[str, Any]:
    """For the pages of this application: the project, and the link that the author of a hidden post has."""
    project = make_project(owner, title="A feed 信息流", fields=FIELDS, template="social-content", funds=0)
    version = version_of(project)
    hold(project, version)
    for number, (key, text, score, label) in enumerate(POSTS):
        asked = Prediction.objects.create(
            version=version, requested_by=owner, payload={"turns": [{"speaker": "post", "text": text}]},
            value=[{"turn": 0, "label": label}], confidence=max(score, 1 - score),
        )  # fmt: skip
        Post.objects.create(
            project=project, key=key, text=text, score=score, label=label, version=version,
            prediction=asked.pk, posted_at=timezone.now() - timedelta(hours=number),
        )  # fmt: skip
    hidden = Post.objects.get(project=project, key="third")
    finding = Finding(label="harassment", reason="It drives somebody out. 这是在赶人", seen=0)
    decide_post(post=hidden, finding=finding, moderator=owner)
    object_to(post=hidden, words="It quotes a song. 这是歌词")
    program = Post.objects.get(project=project, key="fourth")
    return {"social": project.pk, "why": token_of(hidden), "why_program": token_of(program)}
