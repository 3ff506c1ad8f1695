"""From stored answers to what they say together: per item and field a value, and how sure it is."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from annotations import readings
from annotations.aggregation.bayes import hold_to_vote
from annotations.aggregation.families import family
from annotations.aggregation.inference import Posterior
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.reading import Reader, join
from annotations.aggregation.skill import WorkerSkillEstimate
from annotations.models import COUNTED, Answer, FieldFit, WorkerSkill
from annotations.voices import Voice, judged
from tasks_app import selectors
from tasks_app.fields.base import Field, Payload, Posteriors
from tasks_app.models import Item

# Below this a label is left out of what is stored: spans have thousands of nearly impossible ones.
_LEAST_STORED = 0.0005
_SEPARATOR = "|"
_LEAST_ANSWERS = 3

Skills = Mapping[str, Mapping[str, WorkerSkillEstimate]]  # field -> worker -> skill
Fits = Mapping[str, FieldFit]  # field -> what the last fit learned


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a project's people and models when an item is judged between two fits."""

    skills: Skills
    fits: Fits
    readers: Mapping[str, Reader]
    read: Mapping[tuple[UUID, str], Posterior]


@dataclass(frozen=True, slots=True)
class FieldVerdict:
    """`confidence` 0..1; `posterior`: unit -> label -> probability, small ones left out."""

    value: Any
    confidence: float
    posterior: dict[str, dict[str, float]]
    decides: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answers with the ids `answers` say together about one item, field by field."""

    item_id: UUID
    answers: frozenset[UUID]
    fields: dict[str, FieldVerdict]


def answers_to(item_ids: Collection[UUID]) -> dict[UUID, list[Answer]]:
    """Every answer that counts (not the rejected, not the extra ones), in order of arrival."""
    found: dict[UUID, list[Answer]] = defaultdict(list)
    rows = Answer.objects.filter(COUNTED, item_id__in=item_ids)
    for answer in rows.only("item_id", "worker_id", "schema_version_id", "value", "created_at").order_by(
        "created_at", "id"
    ):
        found[answer.item_id].append(answer)
    return found


def judge(items: Sequence[Item]) -> list[Verdict]:
    """Weigh the answers to items of one project by the last known skill; items without any are left out."""
    answers = answers_to([item.pk for item in items])
    if not answers:
        return []
    known = _known(items[0].project_id, answers)
    return [_judge_item(item, answers[item.pk], known) for item in items if item.pk in answers]


def judge_prefixes(items: Sequence[Item]) -> list[list[Verdict]]:
    """For each item what its first answer came to, its first two, ... by today's knowledge of people."""
    answers = answers_to([item.pk for item in items])
    if not answers:
        return []
    known = _known(items[0].project_id, answers)
    return [
        [_judge_item(item, given[: end + 1], known) for end in range(len(given))]
        for item in items
        if (given := answers.get(item.pk))
    ]


def judge_without_each(items: Sequence[Item]) -> list[tuple[Item, list[tuple[Answer, Verdict]]]]:
    """For each item its answers, each with what all the others came to, without any model's word.

    Items with fewer than three answers are left out: of two people neither is the measure of the other.
    """
    answers = answers_to([item.pk for item in items])
    if not answers:
        return []
    known = replace(_known(items[0].project_id, answers), readers={}, read={})
    found = []
    for item in items:
        given = answers.get(item.pk, [])
        if len(given) >= _LEAST_ANSWERS:
            rest = [[other for other in given if other is not one] for one in given]
            found.append(
                (
                    item,
                    [
                        (one, _judge_item(item, others, known))
                        for one, others in zip(given, rest, strict=True)
                    ],
                )
            )
    return found


def _known(project_id: UUID, answers: Mapping[UUID, Sequence[Answer]]) -> Known:
    fits = _known_fits(project_id)
    readers = {name: reader for name, fit in fits.items() if (reader := readings.heard(fit))}
    return Known(
        skills=_known_skills(project_id, answers),
        fits=fits,
        readers=readers,
        read=readings.read_of(list(answers), list(readers)),
    )


def _known_skills(project_id: UUID, answers: Mapping[UUID, Sequence[Answer]]) -> Skills:
    workers = {answer.worker_id for given in answers.values() for answer in given}
    skills: dict[str, dict[str, WorkerSkillEstimate]] = defaultdict(dict)
    for row in WorkerSkill.objects.filter(project_id=project_id, worker_id__in=workers, answers__gt=0):
        skills[row.field][str(row.worker_id)] = WorkerSkillEstimate(
            row.accuracy, row.confusion, row.answers, habits=row.habits
        )
    return skills


def _known_fits(project_id: UUID) -> Fits:
    rows = FieldFit.objects.filter(project_id=project_id).defer("agreement", "choice")
    return {row.field: row for row in rows}


def _judge_item(item: Item, answers: Sequence[Answer], known: Known) -> Verdict:
    fields = selectors.schema_fields(answers[-1].schema_version_id)
    said = judged([voice_of(answer) for answer in answers], item.payload)
    posteriors: dict[str, Posterior] = {}
    for field in fields:
        name = field.name
        own = posterior_of(field, said.get(name, []), known.skills.get(name, {}), known.fits.get(name))
        read = known.read.get((item.pk, name))
        posteriors[name] = join(own, read, known.readers[name]) if read else own
    return Verdict(
        item_id=item.pk,
        answers=frozenset(answer.pk for answer in answers),
        fields=decode_all(fields, posteriors, item.payload),
    )


def posterior_of(
    field: Field,
    judgments: Sequence[Judgment],
    skill: Mapping[str, WorkerSkillEstimate],
    fit: FieldFit | None,
) -> Posterior:
    """One item's, by what the last fit learned; before the first one, by what crowds usually do."""
    kind = family(field.method)
    posterior = kind.update(judgments, skill, (fit and fit.priors) or dict.fromkeys(field.verdicts, 1.0))
    if fit is None or not kind.has_methods:
        return posterior
    return hold_to_vote(posterior, judgments, {} if fit.method == "majority" else skill, fit.doubt)


def voice_of(answer: Answer) -> Voice:
    """Each answer is read with the fields of the schema version that it was given under."""
    return Voice(str(answer.worker_id), selectors.schema_fields(answer.schema_version_id), answer.value)


def decode_all(
    fields: Sequence[Field], posteriors: Mapping[str, Posterior], payload: Payload
) -> dict[str, FieldVerdict]:
    """In the schema's order, so that a field finds what the fields it refers to have come to."""
    agreed: dict[str, Any] = {}
    found: dict[str, FieldVerdict] = {}
    deciders = deciding(fields)
    for field in fields:
        posterior = field.within(posteriors.get(field.name, {}), agreed)
        value, confidence = field.decode(posterior, payload)
        agreed[field.name] = field.refer(value, agreed)
        found[field.name] = FieldVerdict(
            agreed[field.name], float(confidence), _stored(posterior), field in deciders
        )
    return found


def _stored(posterior: Posteriors) -> dict[str, dict[str, float]]:
    return {
        unit: {label: round(share, 4) for label, share in shares.items() if share >= _LEAST_STORED}
        for unit, shares in posterior.items()
    }


def deciding(fields: Sequence[Field]) -> list[Field]:
    """The fields whose doubt holds an item up: the required ones; without any, all but free texts.

    People word a reply in a thousand ways: a text that nobody had to write must not send all items to review.
    """
    required = [field for field in fields if field.required]
    return required or [field for field in fields if family(field.method).weighs_people] or list(fields)


def full_unit(item_number: int, unit: str) -> str:
    """A unit's name among those of other items."""
    return f"{item_number}{_SEPARATOR}{unit}"


def item_of_unit(unit: str) -> str:
    return unit.partition(_SEPARATOR)[0]
