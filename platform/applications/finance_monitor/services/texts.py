"""Taking texts in: each once, through the privacy gate, and then on to the models."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from applications.finance_monitor import tasks
from applications.finance_monitor.models import Monitor, NewsText, Source
from common import audit
from common.errors import Invalid, Problem
from common.queueing import enqueue_soon
from tasks_app.fields.payload import check_payload
from tasks_app.fields.problem import InvalidPayload
from tasks_app.fields.strings import is_storable

MOST_AT_ONCE = 1000
MOST_CHARACTERS = 20_000
AHEAD = timedelta(days=1)  # clocks differ; what claims to be from later still is a mistake
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text from outside. at: when it was published; None where nobody says."""

    text: str
    at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """new: taken by this call. known: had been there before, or occur twice in the call."""

    new: int
    known: int


def push_texts(*, monitor: Monitor, texts: Sequence[Incoming], source: Source | None = None) -> Taken:
    """Take up to MOST_AT_ONCE texts in; whoever sends one again changes nothing.

    Raises Invalid with pointers such as "/texts/3/text", and then takes none.
    """
    if not 1 <= len(texts) <= MOST_AT_ONCE:
        detail = _("Send 1 to %d texts at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/texts", "length", detail)])
    now = timezone.now()
    if problems := [problem for n, one in enumerate(texts) for problem in _problems(n, one, now)]:
        raise Invalid(_("Some of the texts cannot be taken."), problems=problems)
    return _take(monitor, texts, source, now)


def push_usable(
    *, monitor: Monitor, texts: Sequence[Incoming], source: Source
) -> tuple[Taken, dict[int, str]]:
    """Take those of up to MOST_AT_ONCE texts that can be taken; {place: why} of the others.

    For what a server sends: one entry of it that is broken must not keep the others out.
    """
    now = timezone.now()
    found = {n: _problems(n, one, now) for n, one in enumerate(texts)}
    usable = [one for n, one in enumerate(texts) if not found[n]]
    taken = _take(monitor, usable, source, now) if usable else Taken(0, 0)
    return taken, {n: problems[0].detail for n, problems in found.items() if problems}


def _take(monitor: Monitor, texts: Sequence[Incoming], source: Source | None, now: datetime) -> Taken:
    rows = {row.digest: row for row in (_row(monitor, one, source, now) for one in texts)}
    known = set(
        NewsText.objects.filter(monitor=monitor, digest__in=list(rows)).values_list("digest", flat=True)
    )
    fresh = [row for digest, row in rows.items() if digest not in known]
    # Somebody may push the same at this moment: the constraint decides, so nothing is counted here.
    NewsText.objects.bulk_create(fresh, ignore_conflicts=True)
    ours = NewsText.objects.filter(pk__in=[row.pk for row in fresh]).count()
    if ours:
        enqueue_soon(tasks.predict_texts, monitor.pk)
    return Taken(ours, len(texts) - ours)


def _problems(place: int, one: Incoming, now: datetime) -> list[Problem]:
    pointer = f"/texts/{place}"
    found = []
    if len(one.text) > MOST_CHARACTERS:
        detail = _("Longer than %d characters.") % MOST_CHARACTERS
        found.append(Problem(f"{pointer}/text", "too_long", detail))
    else:
        try:
            check_payload({"text": one.text})
        except InvalidPayload as invalid:
            found += [
                Problem(f"{pointer}{p.pointer}", p.code, _said(p.code, p.detail)) for p in invalid.problems
            ]
    if not is_storable(one.language):
        found.append(Problem(f"{pointer}/language", "character", _said("character", "")))
    if one.at is not None and one.at < EARLIEST:
        found.append(Problem(f"{pointer}/at", "past", _("This is before the year 1900.")))
    if one.at is not None and one.at > now + AHEAD:
        found.append(Problem(f"{pointer}/at", "future", _("This is in the future.")))
    return found


def _said(code: str, detail: str) -> str:
    known = {
        "character": _("It holds characters that cannot be stored (NUL, or half of a character)."),
        "empty": _("There is nothing to read."),
    }
    return known.get(code, detail)


def _row(monitor: Monitor, one: Incoming, source: Source | None, now: datetime) -> NewsText:
    text = " ".join(one.text.split())
    return NewsText(
        monitor=monitor, digest=digest_of(text), text=text, language=one.language[:10], source=source,
        at=min(one.at or now, now),
    )  # fmt: skip


def digest_of(text: str) -> str:
    """Keyed: what was erased cannot be guessed back from it."""
    return salted_hmac("finance_monitor.text", text, algorithm="sha256").hexdigest()


def in_json(taken: Taken) -> dict[str, Any]:
    return {"new": taken.new, "known": taken.known}


@transaction.atomic
def retry_failed(*, monitor: Monitor, actor: User) -> int:
    """Have every text that could not be read tried again from the beginning; returns how many."""
    failed = NewsText.objects.filter(monitor=monitor, state=NewsText.State.FAILED)
    count = failed.update(state=NewsText.State.WAITING, attempts=0, retry_at=None)
    if count:
        audit.record("finance_monitor.retried", monitor, actor=actor.pk, texts=count)
        enqueue_soon(tasks.predict_texts, monitor.pk)
    return count
