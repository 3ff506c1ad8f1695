"""A person's feed: posts above the floor, in the order of their interests or of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.asking import in_production
from applications.embedding import embed
from applications.social_content import candidates as pool
from applications.social_content.calibrating import in_force
from applications.social_content.floor import InForce
from applications.social_content.models import Person, Post, Shown
from applications.social_content.ranking import Candidate, Ranked, Weights, newest_first, rank
from applications.social_content.scoring import INTEREST, match_of, payload_of
from applications.social_content.services.people import may_profile
from common.errors import Conflict
from common.gate import through_gate
from privacy.services.keeping import hold_known
from tasks_app.models import Project
from training import serving
from training.asking import new_prediction, store_predictions
from training.engine.errors import EngineError
from training.micro_batching import Overloaded
from training.models import ModelVersion

MOST_SHOWN, MOST_MATCHED = 50, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a feed is for. person: None for interests that came with the request and are not kept."""

    interests: str
    profiling: bool = True
    person: Person | None = None

    @classmethod
    def of(cls, person: Person) -> "Reader":
        profiling = may_profile(person)
        return cls(interests=person.interests if profiling else "", profiling=profiling, person=person)


@dataclass(frozen=True, slots=True)
class Entry:
    """One shown post, why it stands where it does, and the prediction of its match, which takes feedback."""

    post: Post
    ranked: Ranked
    prediction: UUID | None

    @property
    def by_person(self) -> bool:
        """Whether a person, not the model, found it safe."""
        return self.post.decided is True


@dataclass(frozen=True, slots=True)
class Feed:
    """order: "interests" or "time". floor: None where none holds, so that only what people found safe is
    here."""

    entries: list[Entry]
    order: str
    floor: InForce | None
    matched_by: ModelVersion | None


def make_feed(*, project: Project, reader: Reader, count: int, weights: Weights, actor: User | None) -> Feed:
    """The first `count` posts for a reader. Nothing asked for here can show a post below the floor."""
    floor, count = in_force(project), max(1, min(count, MOST_SHOWN))
    if not (reader.profiling and reader.interests.strip()):
        ranked = newest_first(pool.newest(project.pk, floor, count), floor=floor, count=count)
        return Feed(_entries(ranked, {}), "time", floor, None)
    found = pool.nearest(project.pk, floor, embed([reader.interests])[0], weights)
    version = in_production(project, INTEREST)
    answers = _matches(version, found.candidates, found.texts, reader.interests) if version else {}
    matched = [
        replace(one, match=match_of(answers[one.id]) if one.id in answers else None)
        for one in found.candidates[: len(answers) or None]
    ]
    ranked = rank(matched, floor=floor, weights=weights, count=count, vectors=found.vectors)
    asked = _keep(version, ranked, answers, found.texts, reader, actor) if version and answers else {}
    return Feed(_entries(ranked, asked), "interests", floor, version if answers else None)


def _matches(
    version: ModelVersion, found: Sequence[Candidate], texts: Mapping[UUID, str], interests: str
) -> dict[UUID, serving.Answer]:
    """Of the likeliest ones. Without the match model, or while too many ask it, texts' nearness has to do."""
    asked = found[:MOST_MATCHED]
    if not asked:
        return {}
    try:
        answers = serving.answers_of(version, [payload_of(texts[one.id], interests) for one in asked]).answers
    except (EngineError, FileNotFoundError, Overloaded):
        return {}
    return {one.id: answer for one, answer in zip(asked, answers, strict=True)}


def _keep(
    version: ModelVersion, ranked: Sequence[Ranked], answers: Mapping[UUID, serving.Answer],
    texts: Mapping[UUID, str], reader: Reader, actor: User | None,
) -> dict[UUID, UUID]:  # fmt: skip
    """Predictions of what is shown, so that "wrong?" has something to speak of. What is kept of people and
    posts has passed the gate; interests that came with the request pass it here."""
    interests = reader.interests if reader.person else through_gate(reader.interests)
    rows = {
        one.candidate.id: new_prediction(
            version=version, requested_by_id=actor.pk if actor else None,
            subject=reader.person.subject if reader.person else None,
            payload=payload_of(texts[one.candidate.id], interests), shifts=[[], []],
            value=answers[one.candidate.id].value, confidence=answers[one.candidate.id].confidence,
        )
        for one in ranked
    }  # fmt: skip
    with transaction.atomic():
        if reader.person is not None:
            _refuse_gone(reader.person)
        store_predictions(list(rows.values()))
        Shown.objects.bulk_create(
            Shown(prediction_id=row.pk, post_id=post, person=reader.person) for post, row in rows.items()
        )
    return {post: row.pk for post, row in rows.items()}


def _refuse_gone(person: Person) -> None:
    """The match model took a while: nothing is kept of a reader who was erased or restricted meanwhile. From
    here to the commit an erasure waits."""
    hold_known([person.subject] if person.subject else [])
    if not Person.objects.filter(pk=person.pk, restricted=False).exists():
        raise Conflict(_("The data of this reader was erased or restricted just now."), code="subject_erased")


def _entries(ranked: Sequence[Ranked], asked: Mapping[UUID, UUID]) -> list[Entry]:
    posts = Post.objects.select_related("project").in_bulk([one.candidate.id for one in ranked])
    return [
        Entry(posts[one.candidate.id], one, asked.get(one.candidate.id))
        for one in ranked
        if one.candidate.id in posts
    ]
