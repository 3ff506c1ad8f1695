"""Looking into sources when they are due: one worker each, with pauses that grow while a source fails."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.finance_monitor.feeds import texts_of_feed, texts_of_file
from applications.finance_monitor.fetching import MOST_BYTES, NotFetched, fetch
from applications.finance_monitor.models import Source
from applications.finance_monitor.services.texts import AHEAD, MOST_AT_ONCE, Incoming, push_texts

LEASE = timedelta(minutes=10)  # a worker that dies while it pulls is followed by another one then
LONGEST = timedelta(hours=12)
MOST_FILES = 500
ENDINGS = (".jsonl", ".txt", ".xml", ".rss", ".atom")
_OVERLAP = timedelta(minutes=2)  # clocks of file servers differ


def due_sources(now: datetime | None = None) -> list[UUID]:
    due = Source.objects.filter(next_at__lte=now or timezone.now())
    return list(due.order_by("next_at").values_list("pk", flat=True)[:100])


def pull(source_id: UUID) -> int:
    """Take in what is new in a source; returns how many texts. 0 where another worker has it."""
    now = timezone.now()
    if not Source.objects.filter(pk=source_id, next_at__lte=now).update(next_at=now + LEASE):
        return 0
    source = Source.objects.select_related("monitor").get(pk=source_id)
    try:
        texts = _of_feed(source) if source.kind == Source.Kind.FEED else _of_folder(source)
        taken = _push(source, texts, now)
    except (NotFetched, OSError) as error:
        failures = min(source.failures + 1, 20)
        pause = min(LONGEST, timedelta(minutes=source.minutes) * 2**failures)
        said = str(error) if isinstance(error, NotFetched) else _("The folder cannot be read.")
        Source.objects.filter(pk=source.pk).update(failures=failures, problem=said[:300], next_at=now + pause)
        return 0
    Source.objects.filter(pk=source.pk).update(
        failures=0, problem="", pulled_at=now, next_at=now + timedelta(minutes=source.minutes),
        etag=source.etag, modified=source.modified,
    )  # fmt: skip
    return taken


def _push(source: Source, texts: Iterable[Incoming], now: datetime) -> int:
    usable = [one for one in texts if one.at is None or one.at <= now + AHEAD]
    return sum(
        push_texts(monitor=source.monitor, texts=usable[place : place + MOST_AT_ONCE], source=source).new
        for place in range(0, len(usable), MOST_AT_ONCE)
    )


def _of_feed(source: Source) -> list[Incoming]:
    asked = {"If-None-Match": source.etag, "If-Modified-Since": source.modified}
    found = fetch(source.url, headers={name: value for name, value in asked.items() if value})
    if found.status == 304:
        return []
    if found.status != 200:
        raise NotFetched(_("The server answered with %d.") % found.status)
    source.etag = found.headers.get("etag", "")[:300]
    source.modified = found.headers.get("last-modified", "")[:100]
    return texts_of_feed(found.content)


def _of_folder(source: Source) -> Iterable[Incoming]:
    folder = allowed_folder(source.url)
    since = (source.pulled_at - _OVERLAP).timestamp() if source.pulled_at else 0.0
    files = [
        path
        for path in sorted(folder.iterdir())
        # A link may lead out of the folder.
        if path.suffix in ENDINGS
        and path.is_file()
        and not path.is_symlink()
        and path.stat().st_mtime >= since
    ]
    for path in files[:MOST_FILES]:
        if path.stat().st_size > 8 * MOST_BYTES:
            raise NotFetched(_("A file is larger than %d MB.") % (8 * MOST_BYTES // 1024**2))
        yield from texts_of_file(path.name, path.read_bytes())


def allowed_folder(name: str) -> Path:
    """The folder, if it lies in one that the site's administrator has named (FINANCE_FEED_DIRS)."""
    folder = Path(name).resolve()
    allowed = [Path(one).resolve() for one in settings.FINANCE_FEED_DIRS]
    if not any(folder.is_relative_to(one) for one in allowed) or not folder.is_dir():
        raise NotFetched(_("This folder is not among those that the site's administrator allows."))
    return folder
