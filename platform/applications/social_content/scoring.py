"""Asking the safety model about texts: the worst of all readings counts, and no answer is an unsafe one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from applications.social_content.readings import MOST_READINGS, is_garbled, readings
from training import serving
from training.models import ModelVersion

SAFETY, INTEREST = "safety", "interest"
SAFE, YES = "safe", "yes"
INTERESTS, POST = "interests", "post"  # who "speaks" the two turns of an item
UNREAD = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """score: probability that the post is safe, by its worst reading. label: what that reading is taken for,
    UNREAD where it is too long to be read. sure: probability of that label."""

    score: float
    label: str
    sure: float


def payload_of(text: str, interests: str | None = None) -> dict[str, Any]:
    """An item as the project's fields expect it; without interests only its safety can be asked."""
    turns = [] if interests is None else [{"speaker": INTERESTS, "text": interests}]
    return {"turns": [*turns, {"speaker": POST, "text": text}]}


def score_texts(version: ModelVersion, texts: Sequence[str]) -> list[Scored]:
    """One for each text, in order. Raises EngineError where the version cannot answer."""
    read = [[] if is_garbled(text) else readings(text) for text in texts]
    asked = {one: None for some in read if len(some) <= MOST_READINGS for one in some}
    answers = serving.answers_in_background(version, [payload_of(one) for one in asked])
    found = {one: _scored(answer) for one, answer in zip(asked, answers, strict=True)}
    return [_worst([found.get(one, _REFUSED) for one in some]) for some in read]


_REFUSED = Scored(0.0, UNREAD, 0.0)


def _worst(found: Sequence[Scored]) -> Scored:
    return min(found, key=lambda one: one.score, default=_REFUSED)


def _scored(answer: serving.Answer) -> Scored:
    turns = answer.detail.get("turns") or []
    shares = turns[-1].get("probabilities", {}) if turns else {}
    # What is no number is no answer: it would be passed over when the worst reading is looked for.
    if not shares or not all(math.isfinite(float(share)) for share in shares.values()):
        return _REFUSED
    label = max(shares, key=lambda name: float(shares[name]))
    return Scored(float(shares.get(SAFE, 0.0)), str(label), float(shares[label]))


def safe_share(answer: serving.Answer) -> float:
    """Probability that what was asked about is safe, as it stands."""
    return _scored(answer).score


def match_of(answer: serving.Answer) -> float:
    """Probability that a post fits somebody's interests."""
    return float(answer.detail.get("probabilities", {}).get(YES, 0.0))
