"""The search has to be able to find: each form, each kind of place."""

import base64
import gzip
import io
import json
import random
import zipfile
from urllib.parse import quote

import pyarrow
import pyarrow.parquet
import pytest
from django.db import connection
from redis import Redis

from local.leaks.matcher import CHUNK, Matcher
from local.leaks.needles import needles_of
from local.leaks.places import Leak, Search

SECRETS = ['Zéphyrine O\'Quill "Q"', "王小凤", "4929 1234 5678 9012", "a.b+c@example.org"]


def search(*pieces):
    found = Search(SECRETS)
    found.look("here", pieces)
    return found.found()


@pytest.mark.parametrize("number", range(len(SECRETS)))
@pytest.mark.parametrize(
    "written",
    [
        str.encode,
        lambda text: text.lower().encode(),
        lambda text: text.upper().encode() if text.isascii() else text.encode(),
        lambda text: json.dumps({"a": text}).encode(),
        lambda text: json.dumps(json.dumps({"a": text})).encode(),
        lambda text: json.dumps({"a": text}, ensure_ascii=False).encode(),
        lambda text: quote(text).encode(),
        lambda text: quote(text, safe="").lower().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
        lambda text: base64.urlsafe_b64encode(b"xy" + text.encode() + b"z"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode("utf-16-le"),
    ],
)
def test_every_form_of_a_value_is_found(number, written):
    assert search(b"before " + written(SECRETS[number]) + b" after") == {number}


def test_what_is_not_there_is_not_found():
    noise = random.Random(5).randbytes(1 << 20)  # noqa: S311
    assert search(noise, b"Zephyrine Quill 4929 1234 5678 9013 a.b@example.org \xe7\x8e\x8b") == set()


def test_a_value_across_two_pieces_is_found():
    raw = SECRETS[2].encode()
    for at in range(1, len(raw)):
        assert search(b"." * 100 + raw[:at], raw[at:] + b"." * 100) == {2}
    edge = b"." * (CHUNK - 5)
    assert search(edge + raw[:7], raw[7:], b"." * CHUNK) == {2}


def test_the_matcher_agrees_with_plain_searching():
    draw = random.Random(7)  # noqa: S311
    values = ["".join(draw.choices("abAB", k=6)) for _ in range(40)]
    needles = needles_of(values)
    for _ in range(20):
        data = "".join(draw.choices("abAB", k=300)).encode()
        expected = {one for one in needles if one.sought in (data.lower() if one.folded else data)}
        assert Matcher(needles).find(data) == expected


def test_a_value_too_short_to_tell_is_refused():
    with pytest.raises(ValueError, match="short"):
        needles_of(["ab"])


def test_archives_and_columnar_files_are_opened(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.json.gz", gzip.compress(SECRETS[0].encode() * 9))
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    table = pyarrow.table({"text": ["x " + SECRETS[1]] * 50, "n": list(range(50))})
    pyarrow.parquet.write_table(table, tmp_path / "b.parquet", compression="zstd")
    with pyarrow.OSFile(str(tmp_path / "c.arrow"), "wb") as sink:
        options = pyarrow.ipc.IpcWriteOptions(compression="zstd")
        with pyarrow.ipc.new_file(sink, table.schema, options=options) as writer:
            writer.write_table(table)
    found = Search(SECRETS)
    found.folder(tmp_path)
    where = {(leak.secret, leak.place.rpartition("/")[2]) for leak in found.leaks}
    assert {(0, "a.zip!rows.json.gz!gzip"), (1, "b.parquet!columns"), (1, "c.arrow!columns")} <= where


@pytest.mark.django_db(transaction=True)
def test_every_table_is_read_but_the_vault(settings):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE planted (id int, note text, more jsonb, raw bytea, many text[])")
        cursor.execute(
            "INSERT INTO planted VALUES (1, %s, %s, %s, %s)",
            [SECRETS[0], json.dumps({"a": [SECRETS[1]]}), SECRETS[2].encode(), [SECRETS[3]]],
        )
        try:
            found = Search(SECRETS)
            found.database(_dsn())
            assert {(leak.secret, leak.place) for leak in found.leaks} == {
                (n, "table planted") for n in range(4)
            }
            hidden = Search(SECRETS)
            hidden.database(_dsn(), leave_out={"planted"})
            assert hidden.leaks == set() and hidden.places > 50
        finally:
            cursor.execute("DROP TABLE planted")


def _dsn():
    values = connection.get_connection_params()
    return " ".join(
        f"{key}='{values[name]}'"
        for key, name in {"dbname": "dbname", "user": "user", "host": "host", "port": "port"}.items()
        if values.get(name)
    )


def test_every_kind_of_redis_value_is_read(redis_url):
    with Redis.from_url(redis_url) as client:
        client.set("plain", SECRETS[0])
        client.rpush("queue", "x", base64.b64encode(json.dumps([SECRETS[1] * 3]).encode()))
        client.hset("hash", "field", SECRETS[2])
        client.zadd(f"scores {SECRETS[3]}", {"x": 1})
        found = Search(SECRETS)
        found.redis(redis_url)
        assert found.found() == {0, 2, 3}
        client.rpush("queue", base64.b64encode(SECRETS[1].encode()))
        found.redis(redis_url)
        assert found.found() == {0, 1, 2, 3}
        client.flushdb()


def test_a_leak_names_value_place_and_form():
    found = Search(SECRETS)
    found.look("page /x/", [b"-- a.b+c@example.org --"])
    assert Leak(3, "page /x/", "raw") in found.leaks
