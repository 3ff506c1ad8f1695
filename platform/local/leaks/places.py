"""Where to look: the database, the broker, files (also inside archives), and whatever else is handed over."""

import gzip
import io
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from redis import Redis

from local.leaks.matcher import Matcher
from local.leaks.needles import needles_of

# The only tables that may hold originals, and those only sealed.
VAULT = frozenset({"privacy_vaultentry"})
_TABLES = """
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1, 2
"""
_PIECE = 1 << 20
_MAX_DEPTH = 3  # of archives in archives


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """`secret`: number of the value. `place`: a table, a file, a key or an address."""

    secret: int
    place: str
    form: str


class Search:
    """Looks for the values in one place after another: `leaks` is what was found, `places` how many."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._matcher = Matcher(needles_of(secrets))
        self.leaks: set[Leak] = set()
        self.places = 0
        self.read = 0  # bytes

    def look(self, place: str, pieces: Iterable[bytes]) -> None:
        self.places += 1
        found = self._matcher.find_in(self._counted(pieces))
        self.leaks |= {Leak(one.secret, place, one.form) for one in found}

    def found(self) -> set[int]:
        """The values that were found anywhere."""
        return {leak.secret for leak in self.leaks}

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.read += len(piece)
            yield piece

    # -- places -------------------------------------------------------------------------------------------

    def database(self, url: str, *, leave_out: Collection[str] = VAULT) -> None:
        """Every row of every table; bytea shows as hexadecimal digits, which is one of the forms."""
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(_TABLES)
            for schema, table in cursor.fetchall():
                if table not in leave_out:
                    self.look(f"table {table}", _rows(cursor, schema, table))
        connection.close()

    def redis(self, url: str) -> None:
        """Every key of every database of the server, names and values."""
        with Redis.from_url(url) as client:
            numbers = {int(name.removeprefix("db")) for name in client.info("keyspace")}
            for number in sorted(numbers):
                client.select(number)
                for key in client.scan_iter(count=1000):
                    self.look(f"redis {number} {key[:60]!r}", _value(client, key))

    def folder(self, root: Path) -> None:
        """Every file below, whatever it is."""
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.file(path)

    def file(self, path: Path) -> None:
        try:
            with path.open("rb") as stream:
                self.look(f"file {path}", iter(lambda: stream.read(_PIECE), b""))
                self.packed(f"file {path}", stream)
        except FileNotFoundError:  # a server's file that went meanwhile
            return

    def packed(self, place: str, stream: Any, depth: int = 0) -> None:
        """What an archive or a columnar file holds, unpacked; anything else is left as it is."""
        for name, content in _unpacked(stream):
            self.look(f"{place}!{name}", [content])
            if depth < _MAX_DEPTH:
                self.packed(f"{place}!{name}", io.BytesIO(content), depth + 1)


def _rows(cursor: Any, schema: str, table: str) -> Iterator[bytes]:
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the last piece
    name = sql.Identifier(schema, table)
    cursor.copy_expert(sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(name), spool)
    spool.seek(0)
    with spool:
        yield from iter(lambda: spool.read(_PIECE), b"")


def _value(client: Any, key: bytes) -> Iterator[bytes]:
    yield key + b"\n"
    kind = client.type(key)
    if kind == b"string":
        yield client.get(key) or b""
    elif kind == b"list":
        yield b"\n".join(client.lrange(key, 0, -1))
    elif kind == b"hash":
        yield b"\n".join(part for pair in client.hgetall(key).items() for part in pair)
    elif kind == b"set":
        yield b"\n".join(client.smembers(key))
    elif kind == b"zset":
        yield b"\n".join(client.zrange(key, 0, -1))
    elif kind == b"stream":
        yield repr(client.xrange(key)).encode()


def _unpacked(stream: Any) -> Iterator[tuple[str, bytes]]:
    stream.seek(0)
    head = stream.read(6)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(stream) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
    elif head.startswith(b"\x1f\x8b"):
        yield "gzip", gzip.decompress(stream.read())
    elif head.startswith(b"PAR1") or head.startswith(b"ARROW1"):
        yield "columns", _columns(stream, parquet=head.startswith(b"PAR1"))


def _columns(stream: Any, *, parquet: bool) -> bytes:
    import pyarrow  # noqa: PLC0415 - takes a second to load, and only few files need it
    import pyarrow.parquet  # noqa: PLC0415

    read = pyarrow.parquet.read_table if parquet else lambda file: pyarrow.ipc.open_file(file).read_all()
    table = read(stream)
    return repr(table.to_pylist()).encode()
