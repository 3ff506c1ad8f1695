"""What REST and pages say of posts, feeds and decisions."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from applications.social_content import access
from applications.social_content.models import Decision, Post
from applications.social_content.services.feed import Entry, Feed
from applications.social_content.services.moderation import is_hidden

WAITING, SHOWN, HIDDEN = "waiting", "shown", "hidden"


def why_url(post: Post) -> str:
    """For the post's author: why it is hidden, and how to object. Signed, so that it cannot be guessed."""
    return f"{settings.SITE_URL}{why_path(post)}"


def why_path(post: Post) -> str:
    return reverse("social-content-why", args=[post.project_id, access.token_of(post)])


def state_of(post: Post) -> str:
    if post.decided is None and post.score is None:
        return WAITING
    return HIDDEN if is_hidden(post) else SHOWN


def post_json(post: Post) -> dict[str, Any]:
    return {
        "id": post.key,
        "state": state_of(post),
        "label": post.label,
        "score": post.score,
        "decided": post.decided,
        "at": post.posted_at,
        "why": why_url(post),
    }


def feed_json(feed: Feed) -> dict[str, Any]:
    return {
        "order": feed.order,
        "floor": {"threshold": feed.floor.threshold} if feed.floor else None,
        "match_version": feed.matched_by.number if feed.matched_by else None,
        "results": [
            {
                "id": entry.post.key,
                "text": entry.post.text,
                "at": entry.post.posted_at,
                "mark": entry.ranked.mark,
                "parts": dict(entry.ranked.parts),
                "because": because(entry),
                "safe_by": "person" if entry.by_person else "model",
                "prediction": entry.prediction,
                "safety_prediction": entry.post.prediction,
            }
            for entry in feed.entries
        ],
    }


def because(entry: Entry) -> str:
    """In a sentence, the part that put it where it is most of all."""
    parts = {name: value for name, value in entry.ranked.parts.items() if value > 0}
    if not parts:
        return _("It is among the newest.")
    best = max(parts, key=lambda name: parts[name])
    return {
        "match": _("It fits these interests."),
        "similarity": _("It speaks of similar things."),
        "recency": _("It is new."),
        "boost": _("It is promoted."),
    }[best]


def hidden_json(post: Post) -> dict[str, Any]:
    objection = post.objections.filter(closed_at=None).first()
    return {
        "post": str(post.pk),
        "id": post.key,
        "text": post.text,
        "label": post.label,
        "score": post.score,
        "objection": objection.words if objection else None,
        "seen": post.decisions.count(),
    }


def decision_json(decision: Decision) -> dict[str, Any]:
    return {
        "id": str(decision.pk),
        "post": str(decision.post_id),
        "label": decision.label,
        "safe": decision.safe,
        "reason": decision.reason,
        "at": decision.decided_at,
    }
