"""The subjects' keys in one sealed file, apart from ordinary backups and replaced by each newer one.

An ordinary backup leaves the table of keys out, and lives for weeks or years. This file lives until the next
export, so a key that is destroyed here is soon nowhere, and what old backups hold of its subject stays shut.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction

from common.errors import Invalid
from privacy import keyring
from privacy.models import DestroyedKey, SubjectKey

_MAGIC = b"manyhands keys 1\n"
_CHUNK = 2_000  # keys
_LOCK = 0x6B657973  # of whoever writes the file: an older list must not replace a newer one
_LARGEST = 1 << 24


def export_keys(file: Path) -> int:
    """Write all keys to `file`, in place of what it held before. Returns how many there are."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            written = _write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    return written


def _write(stream: BinaryIO) -> int:
    head = _MAGIC + keyring.current_id().encode() + os.urandom(8)
    stream.write(head)
    cipher, written = _cipher(keyring.current()), 0
    rows: list[list[str]] = []
    numbers = count()
    for row in SubjectKey.objects.order_by("pk").iterator(chunk_size=_CHUNK):
        rows.append([row.subject.hex, row.serial.hex, bytes(row.wrapped).hex(), row.key_id])
        written += 1
        if len(rows) == _CHUNK:
            _put(stream, cipher, head, next(numbers), rows, last=False)
            rows = []
    _put(stream, cipher, head, next(numbers), rows, last=True)
    return written


def _put(
    stream: BinaryIO, cipher: AESGCM, head: bytes, number: int, rows: list[list[str]], *, last: bool
) -> None:
    """What a chunk is bound to says which one it is and whether it is the last: none can be left out."""
    text = cipher.encrypt(_nonce(head, number), json.dumps(rows).encode(), head + bytes([last]))
    stream.write(bytes([last]) + len(text).to_bytes(4, "big") + text)


def _nonce(head: bytes, number: int) -> bytes:
    return head[-8:] + number.to_bytes(4, "big")


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"backup of keys", hashlib.sha256))


@transaction.atomic
def import_keys(file: Path) -> dict[str, int]:
    """Bring back the keys that are missing here, except destroyed ones. All of the file or nothing."""
    counts = {"restored": 0, "present": 0, "destroyed": 0}
    with file.open("rb") as stream:
        for rows in _read(stream):
            keys = [
                SubjectKey(
                    subject=UUID(subject), serial=UUID(serial), wrapped=bytes.fromhex(text), key_id=id_
                )
                for subject, serial, text, id_ in rows
            ]
            serials = [key.serial for key in keys]
            gone = set(DestroyedKey.objects.filter(serial__in=serials).values_list("serial", flat=True))
            wanted = [key for key in keys if key.serial not in gone]
            present = SubjectKey.objects.filter(pk__in=[key.subject for key in wanted]).count()
            SubjectKey.objects.bulk_create(wanted, ignore_conflicts=True)
            counts["restored"] += len(wanted) - present
            counts["present"] += present
            counts["destroyed"] += len(gone)
    return counts


def _read(stream: BinaryIO) -> Iterator[list[list[str]]]:
    head = stream.read(len(_MAGIC) + 16 + 8)
    if not head.startswith(_MAGIC) or len(head) < len(_MAGIC) + 24:
        raise Invalid("This is no backup of keys.")
    cipher = _cipher(keyring.by_id(head[len(_MAGIC) : -8].decode("ascii", "replace")))
    for number in count():
        mark = stream.read(5)
        last, length = mark[:1], int.from_bytes(mark[1:], "big")
        if len(mark) < 5 or length > _LARGEST:
            raise Invalid("The backup of keys breaks off, or was changed.")
        try:
            text = cipher.decrypt(_nonce(head, number), stream.read(length), head + last)
        except InvalidTag:
            raise Invalid("The backup of keys breaks off, or was changed.") from None
        yield json.loads(text)
        if last == b"\x01":
            return
