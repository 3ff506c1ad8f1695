"""The download of an access request: everything that every app holds about one person, as JSON and to read.

Each pass over the holders reads rows as they are needed; nothing is gathered in memory or lies unsealed on a
disk. The holders are asked once for JSON and once for each language, since titles are translated.
"""

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from common.ids import uuid7
from privacy import holders
from privacy.holders import Holding, Subject
from privacy.models import AccessPackage, SubjectRequest
from privacy.particulars import seal, unseal
from privacy.readable import page_of
from privacy.sealed_file import SealingWriter, unsealed

KEPT = timedelta(days=7)
REDIRECT = '<!doctype html><meta http-equiv="refresh" content="0;url={}/index.html">'
FOLDERS = {"en": "en", "zh-hans": "zh"}
STYLE = (
    "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.55 system-ui,sans-serif}"
    "article{border-top:1px solid #ccc;padding:.5rem 0}dl{display:grid;"
    "grid-template-columns:minmax(8rem,14rem) 1fr;"
    "gap:.2rem 1rem;margin:0}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}td,th{text-align:left;"
    "vertical-align:top;padding:.4rem .8rem .4rem 0;border-top:1px solid #ccc}h2{font-size:1rem}"
)


@dataclass(frozen=True)
class Listed:
    """A line of the index."""

    holding: Holding
    file: str
    count: int


def build_package(row: SubjectRequest, subject: Subject, progress: Callable[[int], None]) -> AccessPackage:
    """Write, seal and store it. `progress` is told percents."""
    key = os.urandom(32)
    package = AccessPackage(pk=uuid7(), request=row, expires_at=timezone.now() + KEPT)
    with TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as scratch:
        writer = SealingWriter(scratch, key)
        write_zip(writer, row, subject, progress)
        writer.finish()
        scratch.seek(0)
        package.size = writer.plain_size
        package.file = default_storage.save(f"privacy/{package.pk.hex}.sealed", File(scratch))
    package.nonce, package.sealed_key = seal(key, purpose=b"access package", owner=package.pk)
    package.save()
    return package


def write_zip(target: Any, row: SubjectRequest, subject: Subject, progress: Callable[[int], None]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        counts = dict(_write_data(archive, subject, progress))
        for done, (language, folder) in enumerate(FOLDERS.items(), start=1):
            with override(language):
                listed = list(_write_pages(archive, subject, folder, language, counts))
                context = {"row": row, "listed": listed, "language": language, "made": timezone.now()}
                archive.writestr(f"{folder}/index.html", render_to_string("privacy/package.html", context))
            progress(50 + 25 * done - 1)
        archive.writestr("style.css", STYLE)
        start = FOLDERS.get(row.language, "en")
        archive.writestr("index.html", REDIRECT.format(start))


def _write_data(
    archive: zipfile.ZipFile, subject: Subject, progress: Callable[[int], None]
) -> Iterator[tuple[str, int]]:
    """data/NAME.json: one array for each kind of record. Yields the names and how many rows they have."""
    all_holders = holders.all_holders()
    for done, holder in enumerate(all_holders):
        for holding in holder.holdings(subject):
            with archive.open(f"data/{holding.name}.json", "w", force_zip64=True) as member:
                yield holding.name, _write_array(member, holding.rows)
        progress(50 * (done + 1) // len(all_holders))


def _write_array(member: IO[bytes], rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    member.write(b"[")
    for count, one in enumerate(rows, start=1):
        text = json.dumps(one, cls=DjangoJSONEncoder, ensure_ascii=False)
        member.write(("\n" if count == 1 else ",\n").encode() + text.encode())
    member.write(b"\n]\n")
    return count


def _write_pages(
    archive: zipfile.ZipFile, subject: Subject, folder: str, language: str, counts: dict[str, int]
) -> Iterator[Listed]:
    for holder in holders.all_holders():
        for holding in holder.holdings(subject):
            with archive.open(f"{folder}/{holding.name}.html", "w", force_zip64=True) as member:
                for piece in page_of(holding.title, language, holding.rows):
                    member.write(piece.encode())
            yield Listed(holding, f"{holding.name}.html", counts.get(holding.name, 0))


def pieces_of(package: AccessPackage) -> Iterator[bytes]:
    """The zip, piece by piece."""
    key = unseal(package.nonce, package.sealed_key, purpose=b"access package", owner=package.pk)
    with default_storage.open(package.file) as source:
        yield from unsealed(source, key)


def delete_package(package: AccessPackage) -> None:
    """The key first: without it the file is noise, wherever a copy of it is. Twice is harmless."""
    AccessPackage.objects.filter(pk=package.pk).update(
        nonce=None, sealed_key=None, deleted_at=package.deleted_at or timezone.now()
    )
    delete_file(package)


def delete_file(package: AccessPackage) -> None:
    default_storage.delete(package.file)


def delete_expired_packages() -> int:
    expired = list(AccessPackage.objects.filter(expires_at__lte=timezone.now(), deleted_at=None)[:500])
    for package in expired:
        delete_package(package)
    return len(expired)
