"""Measuring how much is found: values of every kind planted into copies of the project's own texts."""

from collections.abc import Sequence
from random import Random
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from privacy.models import CanaryEstimate
from privacy.pii.canaries.planting import Tally, kinds_for, tally_one
from privacy.pii.finding import Scope
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Item, Project
from tasks_app.protecting import jobs

PER_KIND = 60  # values of each kind: a Wilson interval of at most 25 points
_CARRIERS = 200  # texts that they are planted into
_MOST_TURNS = 40


def run(job_id: UUID) -> None:
    jobs.run(CanaryEstimate, job_id, _plant_all)


def _plant_all(job: CanaryEstimate) -> None:
    texts = _sample(job)
    kinds = all_kinds(texts)
    scope = cast(Scope, Project.objects.values_list("privacy_scope", flat=True).get(pk=job.project))
    for at in range(job.done // PER_KIND, len(kinds)):
        language, kind = kinds[at]
        # Each kind has dice of its own, so a job that is taken up again plants what it would have.
        draw = Random(f"{job.seed}:{language}:{kind}")  # noqa: S311 - no secret
        carriers = [text for spoken, text in texts if spoken == language]
        counted = Tally()
        for _ in range(PER_KIND):
            counted += tally_one(draw.choice(carriers), kind, language=language, draw=draw, scope=scope)
        _note(job, counted, len(kinds) * PER_KIND)


def all_kinds(texts: Sequence[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    """(language, kind) of what is planted, for the languages that the texts are in."""
    return [(spoken, kind) for spoken in sorted({one for one, _text in texts}) for kind in kinds_for(spoken)]


def _sample(job: CanaryEstimate) -> list[tuple[str, list[str]]]:
    """(language, turns) of some items, the same ones whenever the job asks."""
    start = Random(job.seed).random()  # noqa: S311 - no secret
    rows = Item.objects.filter(project_id=job.project, gold__isnull=True).order_by("shuffle")
    ids = list(rows.filter(shuffle__gte=start).values_list("pk", flat=True)[:_CARRIERS])
    ids += list(rows.filter(shuffle__lt=start).values_list("pk", flat=True)[: _CARRIERS - len(ids)])
    items = Item.objects.filter(pk__in=ids).order_by("shuffle")
    return [(spoken_in(item), turn_texts(item.payload)[:_MOST_TURNS]) for item in items]


def spoken_in(item: Item) -> str:
    """ "zh" or "en": as the file says, else by the characters."""
    if item.language:
        return "zh" if item.language.startswith("zh") else "en"
    text = "".join(turn_texts(item.payload))
    han = sum("\u3400" <= char <= "\u9fff" for char in text)
    return "zh" if han * 4 > len(text) else "en"


@transaction.atomic
def _note(job: CanaryEstimate, counted: Tally, total: int) -> None:
    jobs.lock(job)
    job.tally = (Tally.from_json(job.tally) + counted).to_json()
    job.done += PER_KIND
    job.total = total
    job.heartbeat_at = timezone.now()
    job.save()
