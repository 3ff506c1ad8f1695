import io
import zipfile

import pytest
from cryptography.exceptions import InvalidTag

from privacy.sealed_file import PIECE, SealingWriter, unsealed

KEY = bytes(range(32))


def sealed(plain: bytes) -> bytes:
    target = io.BytesIO()
    writer = SealingWriter(target, KEY)
    for start in range(0, len(plain), 7919):
        writer.write(plain[start : start + 7919])
    writer.finish()
    assert writer.plain_size == len(plain)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5])
def test_what_goes_in_comes_out(size):
    plain = bytes(index % 251 for index in range(size))
    assert b"".join(unsealed(io.BytesIO(sealed(plain)), KEY)) == plain


def test_a_zip_can_be_written_into_it():
    target = io.BytesIO()
    writer = SealingWriter(target, KEY)
    with zipfile.ZipFile(writer, "w") as archive:
        archive.writestr("a.txt", "one")
    writer.finish()
    assert b"one" not in target.getvalue()
    plain = b"".join(unsealed(io.BytesIO(target.getvalue()), KEY))
    assert zipfile.ZipFile(io.BytesIO(plain)).read("a.txt") == b"one"


def spoiled(text: bytes) -> list[bytes]:
    step = PIECE + 16
    flipped = bytes([text[5] ^ 1])
    return [
        text[:5] + flipped + text[6:],
        text[:step] + text[2 * step :],  # one left out
        text[step : 2 * step] + text[:step] + text[2 * step :],  # swapped
        text[: 2 * step],  # cut at the end of a piece
        b"",
    ]


@pytest.mark.parametrize("number", range(5))
def test_a_changed_or_cut_file_is_refused(number):
    text = spoiled(sealed(bytes(2 * PIECE + 100)))[number]
    with pytest.raises(InvalidTag):
        list(unsealed(io.BytesIO(text), KEY))


def test_another_key_opens_nothing():
    with pytest.raises(InvalidTag):
        list(unsealed(io.BytesIO(sealed(b"secret")), bytes(32)))
