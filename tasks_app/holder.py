"""What tasks_app holds about a person: what they took, how far they came, and the texts they occur in."""

import io
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.services.closing import lock_account
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import (
    Assignment,
    Flag,
    ImportJob,
    Item,
    Project,
    QualificationAttempt,
    QualificationItem,
    WorkerProgress,
    WorkerQualification,
)
from tasks_app.services import departing, erasing_items

_LIVE = (ImportJob.State.QUEUED, ImportJob.State.RUNNING)


class TasksHolder:
    name = "tasks_app"
    rank = 30

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        if subject.account is not None:
            yield from _of_account(subject)
        if subject.items:
            yield Holding(
                "dialogues", _("Dialogues in which you occur"),
                _rows(
                    Item.objects.filter(pk__in=subject.items), "id", "project__title", "language", "state",
                    "created_at", "payload",
                ),
                _("To have people and models learn from them what was asked and how it was answered."),
                source=_("The requester who runs the project."),
            )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        done: dict[str, int] = {}
        if subject.items:
            items = erasing_items.begin(subject.items)
            erasing_items.withdraw_locked(items, reason=erasing_items.REASON)
            done |= {"import_errors": _empty_errors(items), "items": erasing_items.empty_items(items)}
        user = lock_account(subject.account)
        if user is not None:
            done["leases"] = departing.give_everything_back(user)
            done |= departing.leave_everything(user)
        done["mentions"] = mentions.scrub_words("tasks_app", subject.values)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        done = {"items": erasing_items.restrict_items(subject.items, restricted=restricted)}
        user = lock_account(subject.account)
        if user is not None and restricted:
            done["leases"] = departing.give_everything_back(user, reason="restricted")
        return {name: count for name, count in done.items() if count}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("tasks_app", subject.values)
        left["import_files"] = _files_that_mention(subject.values)
        if subject.items:
            left["items"] = _not_empty(Item.objects.filter(pk__in=subject.items)).count()
            left["questions"] = (
                QualificationItem.objects.filter(source__in=subject.items)
                .exclude(payload=erasing_items.TOMBSTONE)
                .count()
            )
            left["leases"] = Assignment.objects.filter(
                item__in=subject.items, state=Assignment.State.LEASED
            ).count()
        if subject.account is not None:
            left |= {
                model._meta.model_name or "": model._base_manager.filter(worker=subject.account).count()
                for model in (Assignment, Flag, WorkerProgress, QualificationAttempt, WorkerQualification)
            }
        return {name: count for name, count in left.items() if count}


def _of_account(subject: Subject) -> Iterator[Holding]:
    user = subject.account
    yield Holding(
        "assignments", _("Items that you took"),
        _rows(
            Assignment.objects.filter(worker=user), "id", "project__title", "item", "state", "reward_minor",
            "created_at", "closed_at", "seconds", "reason",
        ),
        _("To give every item to the right number of people, and to pay for it."),
    )  # fmt: skip
    yield Holding(
        "progress", _("Projects that you worked on"),
        _rows(
            WorkerProgress.objects.filter(worker=user), "project__title", "claimed", "banned_at",
            "ban_reason", "retrain_since",
        ),
        _("To know what you have seen already, and what was decided about your work."),
    )  # fmt: skip
    yield Holding(
        "qualifications", _("Your qualifications"),
        _rows(
            WorkerQualification.objects.filter(worker=user), "qualification__title", "source", "score",
            "granted_at", "expires_at", "revoked_at", "reason",
        ),
        _("To offer you work that you are qualified for."),
    )  # fmt: skip
    yield Holding(
        "qualification_attempts", _("Tests that you took"),
        _rows(
            QualificationAttempt.objects.filter(worker=user), "qualification__title", "part", "state",
            "answers", "score", "started_at", "finished_at",
        ),
        _("To offer you work that you are qualified for."), source=_("You."),
    )  # fmt: skip
    yield Holding(
        "flags", _("What you reported"),
        _rows(Flag.objects.filter(worker=user), "item", "kind", "comment", "created_at", "resolved_at"),
        _("To take out items that must not be shown."), source=_("You."),
    )  # fmt: skip
    yield Holding(
        "projects", _("Your projects"),
        _rows(Project.objects.filter(owner=user), "id", "title", "state", "created_at", "published_at"),
        _("To run the projects that you asked for."), source=_("You."),
    )  # fmt: skip


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    for row in found.order_by("pk").values(*names).iterator(chunk_size=500):
        yield {name.replace("__title", ""): value for name, value in row.items()}


def _not_empty(items: QuerySet[Item]) -> QuerySet[Item]:
    full = ~Q(payload=erasing_items.TOMBSTONE) | ~Q(meta={}) | ~Q(external_id="") | ~Q(group="")
    return items.filter(full | Q(gold__isnull=False) | ~Q(state=Item.State.WITHDRAWN))


def _empty_errors(items: list[Item]) -> int:
    """Lines of imports that could not be read may quote their file; ids of items stand there too."""
    ids = [item.external_id for item in items if item.external_id]
    pattern = mentions.pattern_of(ids)
    changed = 0
    jobs = ImportJob.objects.filter(project__in={item.project_id for item in items}, error_count__gt=0)
    for job in jobs.select_for_update():
        errors = mentions.scrub(job.errors, pattern)
        if errors != job.errors:
            job.errors = errors
            job.save(update_fields=["errors"])
            changed += 1
    return changed


def _files_that_mention(values: tuple[str, ...]) -> int:
    """Uploads still on their way in: they go when they are read, and what was erased does not come in."""
    wanted = [value.encode() for value in mentions.telling(values)]
    if not wanted:
        return 0
    return sum(_mentions(job.path, wanted) for job in ImportJob.objects.filter(state__in=_LIVE))


def _mentions(path: str, wanted: list[bytes]) -> bool:
    if not default_storage.exists(path):
        return False
    longest = max(map(len, wanted))
    with default_storage.open(path, "rb") as stream:
        before = b""
        while chunk := stream.read(io.DEFAULT_BUFFER_SIZE * 128):
            if any(value in before + chunk for value in wanted):
                return True
            before = chunk[-longest:]
    return False
