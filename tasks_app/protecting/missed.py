"""Personal data that was missed: reported, decided on, put right wherever it stands, and learned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from privacy.models import MissedValue
from privacy.pii.finding import KINDS, Finding
from privacy.pii.offsets import replace_spans
from privacy.pii.texts import Texts
from privacy.services import learning
from tasks_app.models import Flag, Item, Project
from tasks_app.protecting import rescanning
from tasks_app.protecting.finders import LearnedOnly
from tasks_app.protecting.redacting import lock_item, redact_item
from tasks_app.protecting.reports import tell_decision
from tasks_app.services import slots

BY_HAND = "people"  # the detector's name of what somebody pointed at
_MOST_CHARACTERS = 500
State = MissedValue.State
_lessons: "list[Callable[[Teaching], None]]" = []


@dataclass(frozen=True, slots=True)
class Place:
    """Code points start..end (end exclusive) of an item's text number `turn`."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True)
class Teaching:
    """A confirmed report: the item with its text before, and the places of what was missed in it."""

    report: UUID
    item: Item
    payload: dict[str, Any]
    kind: str
    places: tuple[Place, ...]

    def example(self, stand_in: Callable[[str, str], str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The turns with every missed value exchanged for a made-up one, and where these stand."""
        texts = Texts.of(self.payload)
        spans: list[dict[str, Any]] = []
        turns = []
        for turn, text in enumerate(texts.turns):
            mine = sorted((one for one in self.places if one.turn == turn), key=lambda one: one.start)
            pieces = [(one.start, one.end, stand_in(text[one.start : one.end], self.kind)) for one in mine]
            changed, offsets = replace_spans(text, pieces)
            turns.append(changed)
            for one in mine:
                start, end = offsets.span(one.start, one.end)
                spans.append({"turn": turn, "start": start, "end": end, "label": self.kind})
        content = {key: value for key, value in self.payload.items() if key != "candidates"}
        # Speakers as they are: a report of a speaker's name has no place in a turn, and teaches nothing here.
        return Texts(turns, [], texts.speakers).put_into(content), spans


def check_places(item: Item, places: Sequence[Place]) -> None:
    """Refuse places that the item's text does not have."""
    texts = Texts.of(item.payload).all
    for number, place in enumerate(places):
        inside = 0 <= place.turn < len(texts) and 0 <= place.start < place.end <= len(texts[place.turn])
        if not inside or place.end - place.start > _MOST_CHARACTERS:
            detail = _("This place is not in the text, or it is longer than 500 characters.")
            raise Invalid(detail, problems=[Problem(f"/spans/{number}", "outside", detail)])


def places_of(item: Item, words: str) -> list[Place]:
    """Everywhere that the words stand in the item, as typed but for case; refuses words that do not."""
    wanted = words.strip()
    found = []
    for turn, text in enumerate(Texts.of(item.payload).all):
        # Folded text may be longer than the text itself ("ß"); then only the exact words are found.
        lower, sought = (text.lower(), wanted.lower()) if len(text.lower()) == len(text) else (text, wanted)
        at = lower.find(sought) if sought else -1
        while at >= 0:
            found.append(Place(turn, at, at + len(sought)))
            at = lower.find(sought, at + len(sought))
    if not found:
        detail = _("These words do not stand in the text. Copy them as they are.")
        raise Invalid(detail, problems=[Problem("/words", "absent", detail)])
    return found


def report_missed(
    *, item: Item, item_state: str, places: Sequence[Place], kind: str, actor: User, source: str
) -> list[MissedValue]:
    """Put what somebody saw before a reviewer. The same words reported twice are one report.

    In the caller's transaction, in which the item was pulled; `item_state` is what it was before.
    """
    check_places(item, places)
    others = MissedValue.objects.filter(item=item.pk, state=State.OPEN)
    if item_state == Item.State.WITHDRAWN and (first := others.order_by("created_at").first()):
        item_state = first.item_state  # pulled by somebody else's report of the same item
    texts = Texts.of(item.payload).all
    rows = []
    wanted: Sequence[Place | None] = places or [None]
    for place in wanted:
        value = texts[place.turn][place.start : place.end] if place else ""
        row, _made = MissedValue.objects.get_or_create(
            item=item.pk,
            turn=place.turn if place else None,
            start=place.start if place else None,
            end=place.end if place else None,
            state=State.OPEN,
            defaults={
                "project": item.project_id,
                "kind": kind if kind in KINDS else "",
                "digest": learning.digest_of(value),
                "source": source,
                "flagged_by": actor,
                "item_state": item_state,
            },
        )
        rows.append(row)
    return rows


def register_lesson(lesson: Callable[[Teaching], None]) -> None:
    """`lesson` runs in the transaction of each confirmed report."""
    if lesson not in _lessons:
        _lessons.append(lesson)


@transaction.atomic
def confirm_missed(
    *,
    missed_id: UUID,
    kind: str,
    actor: User,
    places: Sequence[Place] = (),
    words: str = "",
    everywhere: bool = False,
) -> MissedValue:
    """It is personal data: replaced in its item at once, looked for in all others, and learned.

    `places` or `words` say where, in the text as it is now; without either, where it was flagged. With
    `everywhere` (an administrator's choice) the whole site looks for it. Repeated, it changes nothing more.
    """
    row, item = _locked(missed_id)
    if row.state != State.OPEN:
        return _decided_before(row, State.CONFIRMED)
    if kind not in KINDS:
        detail = _("Choose what kind of personal data it is.")
        raise Invalid(detail, problems=[Problem("/kind", "unknown", detail)])
    chosen = list(places) or (places_of(item, words) if words.strip() else _flagged_place(row))
    check_places(item, chosen)
    texts = Texts.of(item.payload).all
    values = {texts[one.turn][one.start : one.end].strip() for one in chosen}
    scope = None if everywhere else row.project
    forms = [learning.learn_value(project_id=scope, value=value, kind=kind) for value in sorted(values)]
    _decide(row, State.CONFIRMED, actor, kind=kind)
    teaching = Teaching(row.pk, item, dict(item.payload), kind, tuple(chosen))
    pointed = tuple((one.turn, Finding(one.start, one.end, kind, 1.0, BY_HAND)) for one in chosen)
    finder = LearnedOnly(learning.learned_by(row.project), pointed)
    changed = redact_item(item_id=item.pk, find=finder, actor=actor, reason="personal data was missed")
    row.fixed = {
        "here": sum(changed.kinds.values()),
        "learned": sum(form is not None for form in forms),
        # What was frozen of the text before stays as it is: an administrator has to decide.
        **{name: count for name in ("snapshots", "versions") if (count := changed.carried[name])},
    }
    row.save(update_fields=["fixed"])
    _return_to_queue(row)
    for lesson in _lessons:
        lesson(teaching)
    if any(forms):
        rescanning.look_for_learned(project_id=row.project, everywhere=everywhere, actor=actor)
    return row


@transaction.atomic
def reject_missed(*, missed_id: UUID, reason: str, actor: User) -> MissedValue:
    """It is no personal data: the item goes back to the queue, and whoever flagged it reads why."""
    row, _item = _locked(missed_id)
    if row.state != State.OPEN:
        return _decided_before(row, State.REJECTED)
    if not reason.strip():
        detail = _("Say why this is no personal data; whoever flagged it will read it.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    _decide(row, State.REJECTED, actor, reason=reason.strip()[:500])
    _return_to_queue(row)
    return row


def _locked(missed_id: UUID) -> tuple[MissedValue, Item]:
    """The report and its item, nobody else deciding on them. Items are locked first, as everywhere."""
    item_id = MissedValue.objects.values_list("item", flat=True).get(pk=missed_id)
    item = lock_item(item_id)
    return MissedValue.objects.select_for_update().get(pk=missed_id), item


def _decided_before(row: MissedValue, wanted: str) -> MissedValue:
    if row.state == wanted:
        return row
    raise Conflict(_("Somebody has decided on this already."), code="decided", state=row.state)


def _flagged_place(row: MissedValue) -> list[Place]:
    if row.turn is None or row.start is None or row.end is None:
        detail = _("Nobody has marked where it stands. Type the words that were missed.")
        raise Invalid(detail, problems=[Problem("/words", "required", detail)])
    return [Place(row.turn, row.start, row.end)]


def _decide(row: MissedValue, state: str, actor: User, **more: object) -> None:
    row.state, row.decided_by, row.decided_at = state, actor, timezone.now()
    for name, value in more.items():
        setattr(row, name, value)
    row.save()
    audit.record(f"missed_value.{state}", row, actor=actor.pk, kind=row.kind, item=str(row.item))
    tell_decision(row)


def _return_to_queue(row: MissedValue) -> None:
    """Once nothing more is open about the item. Where originals keep an item out, it stays out."""
    if MissedValue.objects.filter(item=row.item, state=State.OPEN).exists():
        return
    drops = Project.objects.filter(pk=row.project, privacy_policy=Project.PrivacyPolicy.DROP).exists()
    if row.state == State.REJECTED or not drops:
        slots.ask_again(item_id=row.item, state=row.item_state)
    flags = Flag.objects.filter(item_id=row.item, kind=Flag.Kind.PERSONAL_DATA, resolved_at=None)
    flags.update(resolved_at=row.decided_at)
