"""Looking into sources when they are due: one worker each, with pauses that grow while a source fails."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from applications.finance_monitor import folders
from applications.finance_monitor.feeds import Entry, Unusable, texts_of_feed
from applications.finance_monitor.fetching import NotFetched, fetch
from applications.finance_monitor.models import Source
from applications.finance_monitor.services.texts import MOST_AT_ONCE, push_usable
from privacy.pii.logs import message_of

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)  # a worker that dies while it pulls is followed by another one then
LONGEST = timedelta(hours=12)


@dataclass(slots=True)
class Look:
    """What one look has found. read: entries and lines. why: of the first that was refused. more: whether
    some of it is left for the next look, at once."""

    new: int = 0
    read: int = 0
    refused: int = 0
    why: str = ""
    more: bool = False

    def refuse(self, place: str, why: str) -> None:
        self.refused += 1
        self.why = self.why or f"{place}: {why}"


def due_sources(now: datetime | None = None) -> list[UUID]:
    due = Source.objects.filter(next_at__lte=now or timezone.now())
    return list(due.order_by("next_at").values_list("pk", flat=True)[:100])


def pull(source_id: UUID) -> int:
    """Take in what is new in a source; returns how many texts. 0 where another worker has it.

    An entry that cannot be used is counted with its reason, and the others are taken.
    """
    now = timezone.now()
    if not Source.objects.filter(pk=source_id, next_at__lte=now).update(next_at=now + LEASE):
        return 0
    source = Source.objects.select_related("monitor__project__owner").get(pk=source_id)
    look = Look()
    with override(source.monitor.project.owner.language or settings.LANGUAGE_CODE):
        try:
            _read_feed(source, look) if source.kind == Source.Kind.FEED else _read_folder(source, look)
        except (NotFetched, OSError) as error:
            said = str(error) if isinstance(error, NotFetched) else _("The folder cannot be read.")
            _note_failure(source, look, said, now)
        except Exception as error:
            logger.exception("Source %s could not be read", source.pk)
            _note_failure(source, look, _("An error of ours: %s") % message_of(error), now)
        else:
            _note_success(source, look, now)
    return look.new


def _note_failure(source: Source, look: Look, said: str, now: datetime) -> None:
    failures = min(source.failures + 1, 20)
    pause = min(LONGEST, timedelta(minutes=source.minutes) * 2**failures)
    changes = {"failures": failures, "problem": said[:300], "next_at": now + pause}
    Source.objects.filter(pk=source.pk).update(**changes, **_refused(look))


def _note_success(source: Source, look: Look, now: datetime) -> None:
    pause = timedelta(0) if look.more else timedelta(minutes=source.minutes)
    Source.objects.filter(pk=source.pk).update(
        failures=0, problem="", pulled_at=now, next_at=now + pause,
        etag=source.etag, modified=source.modified, **_refused(look),
    )  # fmt: skip


def _refused(look: Look) -> dict[str, object]:
    """A look that read nothing leaves what was said of the one before."""
    return {"refused": look.refused, "refused_why": look.why[:300]} if look.read or look.refused else {}


def _take(source: Source, entries: Iterable[Entry], look: Look, where: str) -> None:
    """where: said of an entry before its number."""
    rest = enumerate(entries, 1)
    while numbered := list(islice(rest, MOST_AT_ONCE)):
        texts = [(n, one) for n, one in numbered if not isinstance(one, Unusable)]
        taken, refused = push_usable(monitor=source.monitor, texts=[one for _n, one in texts], source=source)
        problems = {n: one.why for n, one in numbered if isinstance(one, Unusable)}
        problems |= {texts[place][0]: why for place, why in refused.items()}
        look.new, look.read = look.new + taken.new, look.read + len(numbered)
        for number in sorted(problems):
            look.refuse(f"{where}{number}", problems[number])


def _read_feed(source: Source, look: Look) -> None:
    asked = {"If-None-Match": source.etag, "If-Modified-Since": source.modified}
    found = fetch(source.url, headers={name: value for name, value in asked.items() if value})
    if found.status == 304:
        return
    if found.status != 200:
        raise NotFetched(_("The server answered with %d.") % found.status)
    source.etag = found.headers.get("etag", "")[:300]
    source.modified = found.headers.get("last-modified", "")[:100]
    _take(source, texts_of_feed(found.content), look, "")


def _read_folder(source: Source, look: Look) -> None:
    """A portion of what is new. What is left is due at once, after the other sources that are."""
    files = folders.unread(source)
    done = 0
    for file in folders.portion(files):
        try:
            _take(source, folders.entries_of(file), look, f"{file.path.name} ")
        except (PermissionError, FileNotFoundError) as error:
            look.refuse(file.path.name, _("The file cannot be read: %s.") % type(error).__name__)
        # Also of one that may not be read: once it may, it has another stamp.
        folders.note_read(source, file)
        done += 1
        Source.objects.filter(pk=source.pk).update(next_at=timezone.now() + LEASE)
    look.more = done < len(files)
