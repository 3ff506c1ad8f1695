"""Folders as sources: every file is read once as it is, in portions, however many there are."""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from applications.finance_monitor.feeds import Entry, Unusable, texts_of_file
from applications.finance_monitor.fetching import MOST_BYTES, NotFetched
from applications.finance_monitor.models import Source, SourceFile

MOST_FILES = 500  # in one portion
SECONDS = 120.0  # for one portion
MOST_FILE_BYTES = 8 * MOST_BYTES
ENDINGS = (".jsonl", ".txt", ".xml", ".rss", ".atom")


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    stamp: UUID
    bytes: int
    changed: float


def allowed_folder(name: str) -> Path:
    """The folder, if it lies in one that the site's administrator has named (FINANCE_FEED_DIRS)."""
    folder = Path(name).resolve()
    allowed = [Path(one).resolve() for one in settings.FINANCE_FEED_DIRS]
    if not any(folder.is_relative_to(one) for one in allowed) or not folder.is_dir():
        raise NotFetched(_("This folder is not among those that the site's administrator allows."))
    return folder


def unread(source: Source) -> list[File]:
    """Files that have not been read as they are now, those that waited longest first.

    Told by name, size and times of each, not by the time of the last look: a file that is moved in may be
    older than that.
    """
    there = list(_files(allowed_folder(source.url)))
    known = set(source.files.values_list("stamp", flat=True))
    if gone := known - {file.stamp for file in there}:
        source.files.filter(stamp__in=gone).delete()
    return sorted((file for file in there if file.stamp not in known), key=lambda f: (f.changed, f.path.name))


def _files(folder: Path) -> Iterator[File]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # A link may lead out of the folder.
            if entry.name.endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                told = f"{entry.name}\0{about.st_size}\0{about.st_mtime_ns}\0{about.st_ctime_ns}"
                digest = hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()
                yield File(Path(entry.path), UUID(bytes=digest[:16]), about.st_size, about.st_mtime)


def portion(files: list[File]) -> Iterator[File]:
    """As many as one look has time for."""
    began = time.monotonic()
    for file in files[:MOST_FILES]:
        yield file
        if time.monotonic() - began > SECONDS:
            return


def entries_of(file: File) -> Iterator[Entry]:
    """Raises OSError where it cannot be read now."""
    if file.bytes > MOST_FILE_BYTES:
        return iter([Unusable(_("The file is larger than %d MB.") % (MOST_FILE_BYTES // 1024**2))])
    return texts_of_file(file.path.name, file.path.read_bytes())


def note_read(source: Source, file: File) -> None:
    SourceFile.objects.bulk_create([SourceFile(source=source, stamp=file.stamp)], ignore_conflicts=True)
