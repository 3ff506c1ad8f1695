"""The items from which agreement is measured: some of those that several people have answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from annotations.aggregation.judgments import Judgment
from annotations.judging import answers_to, full_unit, voice_of
from annotations.models import COUNTED, Answer, Consensus
from annotations.settling import consensus_of
from annotations.voices import Voice, judged
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.models import Item, Project

CONSENSUS = "consensus"  # stands among the workers for what is held to be true
# An interval of a hundredth or two; more items would only take longer.
_MOST_ITEMS = 2_000
_MOST_JUDGMENTS = 200_000  # of spans, one for every word and person; about three seconds
_PAGE = 250


@dataclass(frozen=True)
class Sampled:
    """One item, and who said what of it. `at`: when its last answer came."""

    key: str
    payload: Mapping[str, Any]
    at: datetime
    voices: Sequence[Voice]
    said: Mapping[str, Sequence[Judgment]]

    def judgments(self, field: str) -> Sequence[Judgment]:
        return self.said.get(field, ())

    def values(self, field: Field, *, blank: bool = False) -> dict[str, Any]:
        """Worker -> value, resolved; blank ones on demand, and never the consensus'. Answers from when the
        field was another kind of question are left out."""
        return {
            voice.who: field.resolve(voice.answer[field.name], voice.answer)
            for voice in self.voices
            if _answers(voice, field) and (blank or voice.answer[field.name] != field.empty(self.payload))
        }


def sample_of(project: Project) -> list[Sampled]:
    """Ids are random, so the first by id are a fair sample, whenever they were answered."""
    counted = Answer.objects.filter(COUNTED, project=project)
    several = counted.values("item_id").annotate(n=Count("id")).filter(n__gte=2).order_by("item_id")
    ids = list(several.values_list("item_id", flat=True)[:_MOST_ITEMS])
    rows = Item.objects.only("payload", "gold")
    found: list[Sampled] = []
    judgments = 0
    for start in range(0, len(ids), _PAGE):
        page = _page(project, list(rows.filter(pk__in=ids[start : start + _PAGE])), start)
        judgments += sum(len(said) for sampled in page for said in sampled.said.values())
        found += page
        if judgments > _MOST_JUDGMENTS:
            break
    return found


def _page(project: Project, items: Sequence[Item], start: int) -> list[Sampled]:
    answers = answers_to([item.pk for item in items])
    held = consensus_of([item.pk for item in items])
    fields = selectors.current_fields(project)
    found = []
    for number, item in enumerate(items, start=start):
        values = item.gold or _agreed(fields, held[item.pk], item.payload)
        voices = [voice_of(answer) for answer in answers[item.pk]]
        everybody = [*voices, Voice(CONSENSUS, fields, values)] if values else voices
        said: dict[str, list[Judgment]] = defaultdict(list)
        for name, judgments in judged(everybody, item.payload).items():
            said[name] = [one._replace(unit=full_unit(number, one.unit)) for one in judgments]
        at = max(answer.created_at for answer in answers[item.pk])
        found.append(Sampled(str(number), item.payload, at, voices, said))
    return found


def _agreed(
    fields: Sequence[Field], rows: Mapping[str, Consensus], payload: Mapping[str, Any]
) -> dict[str, Any]:
    """Field -> value; left out where nothing is held to be true, or was of another kind of question."""
    return {
        field.name: rows[field.name].value
        for field in fields
        if field.name in rows and _fits(field, rows[field.name].value, payload)
    }


def _answers(voice: Voice, field: Field) -> bool:
    return field.name in voice.answer and any(
        one.name == field.name and type(one) is type(field) for one in voice.fields
    )


def _fits(field: Field, value: Any, payload: Mapping[str, Any]) -> bool:
    if value == field.empty(payload):
        return True
    try:
        field.check(value, payload, "")
    except InvalidAnswer:
        return False
    return True
