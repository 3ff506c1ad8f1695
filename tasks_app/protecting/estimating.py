"""Asking how much is found: values planted by the machine, and a sample read by people."""

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from privacy.models import CanaryEstimate, CheckedText, Finding, MissedValue, SampleCheck
from privacy.pii.intervals import Interval, Rate, Stratum, stratified, wilson
from tasks_app import tasks
from tasks_app.models import ImportJob, Item, Project
from tasks_app.protecting.missed import confirm_missed, places_of, report_missed
from tasks_app.protecting.redacting import lock_item
from tasks_app.services.withdrawal import withdraw_item

WITH, WITHOUT = "with", "without"  # findings; the strata of a sample
MOST = 1_000
_LIVE = [CanaryEstimate.State.QUEUED, CanaryEstimate.State.RUNNING]


@transaction.atomic
def start_estimate(*, project: Project, actor: User) -> CanaryEstimate:
    """Plant values into copies of the project's texts and count those found. One at a time."""
    Project.objects.select_for_update().get(pk=project.pk)
    if live := CanaryEstimate.objects.filter(project=project.pk, state__in=_LIVE).first():
        return live
    if not _asked(project).exists():
        raise Conflict(_("Import items first: the values are planted into copies of these."), code="no_items")
    seed = random.SystemRandom().getrandbits(62)
    job = CanaryEstimate.objects.create(project=project.pk, asked_by=actor, seed=seed)
    audit.record("estimate.started", job, actor=actor.pk, project=str(project.pk))
    enqueue_on_commit(tasks.estimate_missed, job.pk)
    return job


def _asked(project: Project) -> QuerySet[Item]:
    rows = Item.objects.filter(project=project, gold__isnull=True, restricted=False)
    return rows.exclude(state=Item.State.WITHDRAWN)


@transaction.atomic
def draw_sample(*, project: Project, actor: User, size: int) -> SampleCheck:
    """Texts for people to read: half of them with findings, half without, as far as there are any.

    A sample of which texts are still to be read is given again.
    """
    if not 1 <= size <= MOST:
        detail = _("Read between 1 and %d texts.") % MOST
        raise Invalid(detail, problems=[Problem("/size", "range", detail)])
    Project.objects.select_for_update().get(pk=project.pk)
    last = SampleCheck.objects.filter(project=project.pk).order_by("-created_at").first()
    if last is not None and _unread(last).exists():
        return last
    found = Exists(Finding.objects.filter(item=OuterRef("pk")))
    strata = {WITH: _asked(project).filter(found), WITHOUT: _asked(project).filter(~found)}
    sizes = {name: rows.count() for name, rows in strata.items()}
    wanted = _shares(sizes, size)
    if not sum(wanted.values()):
        raise Conflict(_("Import items first: there is nothing to read."), code="no_items")
    check = SampleCheck.objects.create(
        project=project.pk, strata=sizes, size=sum(wanted.values()), drawn_by=actor
    )
    drawn = [(name, pk) for name, rows in strata.items() for pk in _drawn(rows, wanted[name])]
    random.SystemRandom().shuffle(drawn)
    CheckedText.objects.bulk_create(
        CheckedText(check_of=check, item=pk, stratum=name, place=place)
        for place, (name, pk) in enumerate(drawn)
    )
    audit.record("sample.drawn", check, actor=actor.pk, project=str(project.pk), size=check.size)
    return check


def _shares(sizes: dict[str, int], size: int) -> dict[str, int]:
    """Half each, and what one stratum does not have goes to the other; at least one of each that is there."""
    half = (size + 1) // 2
    with_any = min(sizes[WITH], max(half, size - sizes[WITHOUT]))
    return {WITH: with_any, WITHOUT: min(sizes[WITHOUT], max(size - with_any, min(1, sizes[WITHOUT])))}


def _drawn(rows: QuerySet[Item], count: int) -> list[UUID]:
    """`count` of the rows by lot: the ring of their random places, from a random start."""
    start = random.SystemRandom().random()
    ring = rows.order_by("shuffle").values_list("pk", flat=True)
    drawn = list(ring.filter(shuffle__gte=start)[:count])
    return drawn + list(ring.filter(shuffle__lt=start)[: count - len(drawn)])


@transaction.atomic
def mark_missed(*, text_id: int, words: str, kind: str, actor: User) -> CheckedText:
    """The reader saw something: it is put right like a confirmed flag. The text stays to be read on."""
    row = CheckedText.objects.select_related("check_of").select_for_update(of=("self",)).get(pk=text_id)
    _refuse_read(row)
    item = lock_item(row.item)
    places = places_of(item, words)
    state = item.state
    withdraw_item(item_id=item.pk, reason="personal data was missed", actor=actor)
    reports = report_missed(
        item=item,
        item_state=state,
        places=places[:1],
        kind=kind,
        actor=actor,
        source=MissedValue.Source.CHECK,
    )
    for report in reports:
        confirm_missed(missed_id=report.pk, kind=kind, places=places, actor=actor)
    # One value, however often the text says it.
    CheckedText.objects.filter(pk=row.pk).update(marked=row.marked + 1)
    row.marked += 1
    return row


@transaction.atomic
def finish_text(*, text_id: int, actor: User) -> CheckedText:
    """Nothing, or nothing more, is missed in the text. Twice is harmless."""
    row = CheckedText.objects.select_for_update().get(pk=text_id)
    if row.missed is None:
        row.missed, row.read_by, row.read_at = row.marked, actor, timezone.now()
        row.save(update_fields=["missed", "read_by", "read_at"])
    return row


def _refuse_read(row: CheckedText) -> None:
    if row.missed is not None:
        raise Conflict(_("This text was read already."), code="read")


@dataclass(frozen=True)
class Sample:
    """A sample as far as it was read; `rate` is None until something was read in each stratum."""

    check: SampleCheck
    read: int
    missed: int
    with_missed: int
    rate: Rate | None

    @property
    def is_done(self) -> bool:
        return self.read >= self.check.size


def latest_sample(project_id: UUID) -> Sample | None:
    check = SampleCheck.objects.filter(project=project_id).order_by("-created_at").first()
    if check is None:
        return None
    rows = check.texts.filter(missed__isnull=False).order_by().values("stratum")
    counts = rows.annotate(
        read=Count("id"), values=Sum("missed"), with_missed=Count("id", filter=Q(missed__gt=0))
    ).values_list("stratum", "read", "values", "with_missed")
    counted = {name: (read, values or 0, texts) for name, read, values, texts in counts}
    strata = [Stratum(count, *counted.get(name, (0, 0, 0))) for name, count in check.strata.items()]
    return Sample(
        check,
        sum(one.read for one in strata),
        sum(one.missed for one in strata),
        sum(one.with_missed for one in strata),
        stratified(strata),
    )


@dataclass(frozen=True)
class FoundShare:
    """How many of the planted values of a kind were found, with Wilson's interval at 95 %."""

    kind: str
    found: int
    planted: int
    interval: Interval

    @property
    def share(self) -> float:
        return self.found / self.planted


def found_shares(tally: dict[str, Any]) -> list[FoundShare]:
    """The worst kind first."""
    rows = [
        FoundShare(kind, found, planted, wilson(found, planted)) for kind, (found, planted) in tally.items()
    ]
    return sorted(rows, key=lambda row: (row.share, row.kind))


def latest_estimate(project_id: UUID) -> CanaryEstimate | None:
    return CanaryEstimate.objects.filter(project=project_id).order_by("-created_at").first()


def missing_checks(project: Project) -> list[Problem]:
    """What the project's own rule asks to be measured before the crowd sees a text."""
    if not project.privacy_check:
        return []
    changed = ImportJob.objects.filter(project=project).order_by("-created_at").first()
    since = changed.created_at if changed else project.created_at
    missing = []
    done = CanaryEstimate.objects.filter(
        project=project.pk, state=CanaryEstimate.State.SUCCEEDED, created_at__gte=since
    )
    if not done.exists():
        detail = _("Measure how much personal data is found in what was imported (page “Privacy”).")
        missing.append(Problem("/privacy_check/estimate", "not_measured", detail))
    wanted = min(project.privacy_check, _asked(project).count())
    sample = latest_sample(project.pk)
    read = sample.read if sample and sample.check.created_at >= since else 0
    if read < wanted:
        detail = _("Read %(n)d more texts of a sample and say what was missed (page “Privacy”).")
        missing.append(Problem("/privacy_check/sample", "not_read", detail % {"n": wanted - read}))
    return missing


def next_text(sample: Sample | None) -> CheckedText | None:
    """The next text that nobody has read."""
    return _unread(sample.check).order_by("place").first() if sample else None


def _unread(check: SampleCheck) -> QuerySet[CheckedText]:
    """Not those whose text nobody may see for now (a restriction that came after they were drawn)."""
    held = Item.objects.filter(project=check.project, restricted=True)
    return check.texts.filter(missed=None).exclude(item__in=held.values("pk"))


def item_of(row: CheckedText) -> Item | None:
    return Item.objects.filter(pk=row.item).first()
