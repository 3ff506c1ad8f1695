"""The worst errors of a run on its test items: the ones the model was surest about come first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotations.differences import Difference, difference
from annotations.models import Consensus
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_speakers, turn_texts
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item
from training.assessing import languages_of
from training.engine.data import read_arrow
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import FILE, Outcome, read_mistakes
from training.engine.evaluation.slices import length_band
from training.models import Run
from training.row_ids import item_ids

SHOWN = 25
MOST = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which errors: of one label (true or given), speaker, band of length, language; "" for any."""

    label: str = ""
    speaker: str = ""
    length: str = ""
    language: str = ""

    def takes(self, outcome: Outcome, languages: Mapping[str, str]) -> bool:
        touched = {*outcome.truth, *outcome.predicted}
        return (
            self.label in ("", *touched)
            and self.speaker in ("", outcome.speaker)
            and self.length in ("", length_band(outcome.characters))
            and self.language in ("", languages.get(outcome.id))
        )


@dataclass(frozen=True, slots=True)
class Mistake:
    """One unit that came out wrong. item is None where the row is no item here, or no longer.

    state, cause: of the item's consensus now. lacking: what is true and was not said; extra: what was said
    and is not true.
    """

    outcome: Outcome
    item: Item | None
    speaker: str
    text: str
    truth: Any
    predicted: Any
    found: Difference | None
    state: str

    @property
    def percent(self) -> int:
        return round(self.outcome.confidence * 100)

    @property
    def waits(self) -> bool:
        return self.state == Consensus.State.REVIEW


def mistakes_of(run: Run, wanted: Wanted, *, most: int = SHOWN) -> tuple[list[Mistake], int]:
    """The worst that are wanted, and how many there are of them altogether."""
    try:
        wrong = read_mistakes(run.folder / FILE)
    except EngineError:  # a run from before outcomes were kept, or without test items
        return [], 0
    languages = languages_of({outcome.id for outcome in wrong}) if wanted.language else {}
    chosen = [outcome for outcome in wrong if wanted.takes(outcome, languages)]
    return _shown(run, chosen[:most]), len(chosen)


def wrong_items(run: Run) -> set[UUID]:
    """The items with anything wrong: those that may be sent back."""
    try:
        return set(item_ids(outcome.id for outcome in read_mistakes(run.folder / FILE)))
    except EngineError:
        return set()


def _shown(run: Run, outcomes: Sequence[Outcome]) -> list[Mistake]:
    if not outcomes or run.snapshot is None:
        return []
    ids = {outcome.id for outcome in outcomes}
    truths = {row.id: row.value for row in read_arrow(run.folder / "test.arrow") if row.id in ids}
    here = item_ids(ids)
    items = {str(item.pk): item for item in Item.objects.filter(project=run.project_id, pk__in=here)}
    decided = Consensus.objects.filter(project=run.project_id, item__in=here, field=run.field).values_list(
        "item_id", "state"
    )
    states = {str(pk): state for pk, state in decided}
    shape = next(field for field in parse_fields(run.snapshot.fields) if field.name == run.field)
    return [
        _mistake(one, items.get(one.id), truths.get(one.id), shape, states.get(one.id, ""))
        for one in outcomes
    ]


def _mistake(outcome: Outcome, item: Item | None, whole: Any, shape: Field, state: str) -> Mistake:
    truth, predicted = (_at(value, outcome.turn) for value in (whole, outcome.value))
    if item is None:
        return Mistake(outcome, None, "", "", truth, predicted, None, state)
    texts, speakers = turn_texts(item.payload), turn_speakers(item.payload)
    if outcome.turn is None:
        named = zip(speakers, texts, strict=True)
        text = "\n".join(f"{speaker}: {said}" if speaker else said for speaker, said in named)
    else:
        text = texts[outcome.turn]
    found = None
    if not shape.refers:
        found = difference(shape, {shape.name: predicted}, {shape.name: truth}, item.payload)
    return Mistake(outcome, item, outcome.speaker or "", text, truth, predicted, found, state)


def _at(value: Any, turn: int | None) -> Any:
    """The part of an answer that is about one turn."""
    if turn is None or not isinstance(value, list):
        return value
    return [entry for entry in value if not isinstance(entry, dict) or entry.get("turn") == turn]
