"""Replacing personal data in an item that is stored already, with everything that points into its text."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from uuid import UUID

from django.db import transaction

from accounts.models import User
from common import audit
from privacy.models import Finding as FoundPlace
from privacy.models import MissedValue, TrustedReading
from privacy.pii.finding import Finding
from privacy.pii.payload import known_language
from privacy.pii.redactor import Policy, Redacted, Redactor
from privacy.pii.texts import Texts
from privacy.services import vault
from tasks_app import selectors
from tasks_app.models import Assignment, Item, Project
from tasks_app.protecting.copies import Change, fix_copies
from tasks_app.protecting.reports import move_reports
from tasks_app.services import slots
from tasks_app.services.withdrawal import withdraw_item


class Finder(Protocol):
    """What decides which places of a stored text are to be replaced."""

    def item(self, item: Item, texts: list[str]) -> list[list[Finding]]:
        """Of an item's texts (turns, candidates, speakers): per text its places, none overlapping."""
        ...

    def alone(self, text: str) -> list[Finding]:
        """Of a text that stands by itself: a reply, a comment, a value of the item's meta."""
        ...


@dataclass(frozen=True)
class Same:
    """For a copy of an item: the places that were found in its texts, and `find` in a text that differs."""

    places: dict[str, list[Finding]]
    find: Finder

    def item(self, item: Item, texts: list[str]) -> list[list[Finding]]:
        return [self.places[text] if text in self.places else self.find.alone(text) for text in texts]

    def alone(self, text: str) -> list[Finding]:
        return self.find.alone(text)


@dataclass(frozen=True)
class Changed:
    """What replacing changed: places by kind, and how many of what lies elsewhere (see copies.py)."""

    kinds: Counter[str] = field(default_factory=Counter)
    carried: Counter[str] = field(default_factory=Counter)


def redactor_for(project: Project, language: str = "") -> Redactor:
    """What replaces where something has to go although the policy says to keep, or to leave the item out."""
    policy = project.privacy_policy
    if policy in {Project.PrivacyPolicy.KEEP, Project.PrivacyPolicy.DROP}:
        policy = Project.PrivacyPolicy.PLACEHOLDER
    return Redactor(cast(Policy, policy), vault.secret_for(project.pk), language=known_language(language))


def lock_item(item_id: UUID) -> Item:
    """The item with its project, locked together with the leases on it.

    Leases before items, as a submit locks them: whoever is handing in at this moment is waited for, so no
    answer can come in whose places count in the text before.
    """
    held = Assignment.objects.select_for_update().filter(item_id=item_id, state=Assignment.State.LEASED)
    list(held.order_by("pk").values_list("pk"))
    return Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item_id)


@transaction.atomic
def redact_item(*, item_id: UUID, find: Finder, actor: User | None, reason: str) -> Changed:
    """Replace what `find` finds in the item, and carry over answers, gold, consensus and suggestions.

    Whoever holds the item is paid their share and sees it no more; the item is asked anew. Twice changes
    nothing more.
    """
    item = lock_item(item_id)
    texts = Texts.of(item.payload)
    found = find.item(item, texts.all)
    if not any(found):
        return Changed()
    redactor = redactor_for(item.project, item.language)
    result = redactor.replace(texts.all, found)
    _take_back(item, reason, actor)
    change = _change(item, texts, result, redactor, find)
    _store(item, texts, result, change)
    move_reports(item, result, actor)
    carried = fix_copies(change)
    for copy in _copies_of(item):
        same = Same(dict(zip(texts.all, found, strict=True)), find)
        carried += redact_item(item_id=copy, find=same, actor=actor, reason=reason).carried
    counts = Counter(finding.kind for _turn, finding, _new in result.findings)
    audit.record(
        "item.redacted", item, actor=actor.pk if actor else None, kinds=dict(counts), carried=dict(carried)
    )
    return Changed(counts, carried)


def _copies_of(item: Item) -> list[UUID]:
    """Where trusted reviewers have the item's text as well, as it was or as an example (see trusted.py)."""
    reader = TrustedReading.objects.filter(project=item.project_id).values_list("reader", flat=True).first()
    if reader is None:
        return []
    reports = MissedValue.objects.filter(item=item.pk).values_list("pk", flat=True)
    names = [str(item.pk), *(f"lesson-{report}" for report in reports)]
    rows = Item.objects.filter(project=reader, external_id__in=names)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _take_back(item: Item, reason: str, actor: User | None) -> None:
    """Whoever has the text before on their screen must not answer it."""
    live = Assignment.objects.filter(item=item, state=Assignment.State.LEASED)
    if live.exists():
        state = item.state
        withdraw_item(item_id=item.pk, reason=reason, actor=actor or item.project.owner)
        slots.ask_again(item_id=item.pk, state=state)
        item.refresh_from_db()


def _change(item: Item, texts: Texts, result: Redacted, redactor: Redactor, find: Finder) -> Change:
    def free(text: str) -> str:
        places = find.alone(text)
        return redactor.replace([text], [places]).texts[0] if places else text

    payload = texts.like(result.texts).put_into(item.payload)
    fields = selectors.current_fields(item.project)
    return Change(item.project_id, item.pk, payload, fields, result.maps[: len(texts.turns)], free)


def _store(item: Item, texts: Texts, result: Redacted, change: Change) -> None:
    item.payload = change.payload
    item.gold = change.value(item.gold)
    item.meta = change.texts(item.meta)
    item.save(update_fields=["payload", "gold", "meta"])
    places = len(texts.turns) + len(texts.candidates)
    _move_findings(item, result)
    rows: list[FoundPlace] = []
    originals: list[dict[str, Any]] = []
    for turn, finding, replacement in result.findings:
        value = texts.all[turn][finding.start : finding.end]
        if turn >= places:
            originals.append(
                {"place": "speaker", "kind": finding.kind, "value": value, "replacement": replacement}
            )
            continue
        start, end = result.maps[turn].span(finding.start, finding.end)
        place: dict[str, Any] = {"turn": turn, "start": start, "end": end, "kind": finding.kind}
        originals.append({**place, "value": value})
        rows.append(
            FoundPlace(
                project=item.project_id, item=item.pk, detector=finding.detector, score=finding.score,
                replacement=replacement[:120], **place,
            )
        )  # fmt: skip
    vault.add_originals(
        project_id=item.project_id,
        item_id=item.pk,
        carry=lambda turn, start, end: result.maps[turn].span(start, end),
        keep=item.project.originals != Project.Originals.DISCARD,
        originals=originals,
    )
    FoundPlace.objects.bulk_create(rows)


def _move_findings(item: Item, result: Redacted) -> None:
    """What was found before stands elsewhere now; what a new replacement has swallowed is gone."""
    moved, gone = [], []
    for row in FoundPlace.objects.filter(item=item.pk):
        place = result.maps[row.turn].span(row.start, row.end)
        swallowed = any(
            turn == row.turn and finding.start < row.end and row.start < finding.end
            for turn, finding, _new in result.findings
        )
        if swallowed:
            gone.append(row.pk)
        elif place != (row.start, row.end):
            row.start, row.end = place
            moved.append(row)
    FoundPlace.objects.filter(pk__in=gone).delete()
    FoundPlace.objects.bulk_update(moved, ["start", "end"])
