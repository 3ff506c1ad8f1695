"""Rules on how long records are kept: set by an administrator, looked at beforehand, carried out at night."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from common import audit
from common.errors import Invalid, NotFound, Problem
from common.rounds import each
from privacy.models import RetentionRule, RetentionRun
from privacy.retention import Kind, kind_named

BATCH = 1000
_SAMPLES = 5
_BUSY = timedelta(minutes=5)
_MOST_DAYS = 36_500


@dataclass(frozen=True)
class Preview:
    """What a rule would take now. samples: ids of the oldest."""

    count: int
    oldest: datetime | None
    samples: tuple[str, ...]
    before: datetime


def kind_for(name: str, project: UUID | None = None) -> Kind:
    kind = kind_named(name)
    if kind is None:
        raise NotFound(_("There is no such kind of record."))
    if project and not kind.project:
        raise Invalid(_("Records of this kind belong to no project."), code="no_project")
    return kind


@transaction.atomic
def set_rule(*, kind: str, days: int, is_on: bool, actor: UUID, project: UUID | None = None) -> RetentionRule:
    """Keep records of a kind for `days`; nothing is deleted before the next night."""
    kind_for(kind, project)
    if not 1 <= days <= _MOST_DAYS:
        detail = _("Give a number of days from 1 on.")
        raise Invalid(detail, problems=[Problem("/days", "range", detail)])
    row, _made = RetentionRule.objects.update_or_create(
        kind=kind, project=project, defaults={"days": days, "is_on": is_on, "changed_by": actor}
    )
    where = str(project) if project else ""
    audit.record("retention.set", row, actor=actor, kind=kind, project=where, days=days, is_on=is_on)
    return row


def preview(*, kind: str, days: int, project: UUID | None = None) -> Preview:
    """The dry run: what would go, and deletes nothing."""
    before = timezone.now() - timedelta(days=days)
    found = kind_for(kind, project)
    rows = _due(found, before, project)
    oldest = rows.aggregate(oldest=Min(found.since))["oldest"]
    first = rows.order_by(found.since, "pk").values_list("pk", flat=True)[:_SAMPLES]
    return Preview(rows.count(), oldest, tuple(map(str, first)), before)


def apply_all() -> int:
    """Carry out every rule that is switched on. What fails for one does not keep the others waiting."""
    rules = RetentionRule.objects.filter(is_on=True).values_list("pk", flat=True)
    return sum(each(apply_rule, list(rules)))


def apply_rule(rule_id: UUID) -> int:
    """Delete what the rule takes, batch by batch; returns how many records.

    Each batch is a transaction of its own with the count in it. A second worker at the same moment leaves;
    after one that was killed the next one goes on with the same execution, up to the same moment.
    """
    now = timezone.now()
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    rules = RetentionRule.objects.filter(pk=rule_id)
    if not rules.filter(free, is_on=True).update(busy_until=now + _BUSY):
        return 0
    rule = rules.get()
    run = rule.runs.filter(finished_at=None).first() or RetentionRun.objects.create(
        rule=rule, before=now - timedelta(days=rule.days)
    )
    try:
        removed = sum(_batches(rule, run))
        _finish(rule, run)
    finally:
        rules.update(busy_until=None)
    return removed


def _batches(rule: RetentionRule, run: RetentionRun) -> Iterator[int]:
    kind = kind_for(rule.kind, rule.project)
    last: Any = None
    while True:
        with transaction.atomic():
            # Switched off meanwhile: what is left stays.
            if not RetentionRule.objects.filter(pk=rule.pk, is_on=True).update(
                busy_until=timezone.now() + _BUSY
            ):
                return
            before = min(run.before, _before(rule.pk))
            rows = _due(kind, before, rule.project).order_by("pk")
            rows = rows if last is None else rows.filter(pk__gt=last)
            keys = list(
                rows.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:BATCH]
            )
            if not keys:
                return
            last, removed = keys[-1], _remove(kind, keys)
            RetentionRun.objects.filter(pk=run.pk).update(removed=_plus(run, removed))
        yield removed


def _before(rule_id: UUID) -> datetime:
    """By the rule as it is now: whoever has asked for longer since the execution began has it."""
    days = RetentionRule.objects.values_list("days", flat=True).get(pk=rule_id)
    return timezone.now() - timedelta(days=days)


def _plus(run: RetentionRun, removed: int) -> int:
    run.removed += removed
    return run.removed


def _remove(kind: Kind, keys: Sequence[Any]) -> int:
    if kind.remove is not None:
        return kind.remove(keys)
    kind.rows().model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


@transaction.atomic
def _finish(rule: RetentionRule, run: RetentionRun) -> None:
    if RetentionRun.objects.filter(pk=run.pk, finished_at=None).update(finished_at=timezone.now()):
        where = str(rule.project) if rule.project else ""
        audit.record(
            "retention.applied", rule, actor=None, kind=rule.kind, project=where, days=rule.days,
            before=run.before.isoformat(), removed=run.removed,
        )  # fmt: skip


def _due(kind: Kind, before: datetime, project: UUID | None) -> QuerySet[Any]:
    """Older than the moment; a project with a rule of its own is no business of the site's."""
    rows = kind.rows().filter(**{f"{kind.since}__lt": before})
    if project:
        return rows.filter(**{kind.project: project})
    if not kind.project:
        return rows
    own = RetentionRule.objects.filter(kind=kind.name, project__isnull=False).values_list(
        "project", flat=True
    )
    return rows.exclude(**{f"{kind.project}__in": list(own)})
