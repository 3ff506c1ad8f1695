"""The forms in which a value may lie about: as it is, in other case, escaped, encoded."""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

SHORTEST = 4  # bytes: what is shorter is found everywhere by chance


@dataclass(frozen=True, slots=True)
class Needle:
    """`folded`: compared without regard to (ASCII) case. `secret` is the value's number in the list."""

    secret: int
    form: str
    sought: bytes
    folded: bool


def needles_of(secrets: Iterable[str]) -> list[Needle]:
    """Every form of every value, each byte string once per value. Raises ValueError for a value too short."""
    found: list[Needle] = []
    for number, secret in enumerate(secrets):
        seen: set[tuple[bytes, bool]] = set()
        for form, sought, folded in _forms(secret):
            key = (sought.lower() if folded else sought, folded)
            if key not in seen:
                seen.add(key)
                found.append(Needle(number, form, *key))
    if short := [one.secret for one in found if len(one.sought) < SHORTEST]:
        raise ValueError(f"Too short to be looked for: value {short[0]}.")
    return found


def _forms(secret: str) -> Iterator[tuple[str, bytes, bool]]:
    plain = secret.encode()
    yield "raw", plain, True
    # ASCII folding leaves other scripts' capitals alone.
    yield "lower-cased", secret.lower().encode(), True
    yield "json", json.dumps(secret)[1:-1].encode(), True
    yield "json, unescaped", json.dumps(secret, ensure_ascii=False)[1:-1].encode(), True
    yield "json twice", json.dumps(json.dumps(secret))[3:-3].encode(), True
    yield "url", quote(secret, safe="").encode(), True
    yield "form", quote_plus(secret).encode(), True
    yield "utf-16", secret.encode("utf-16-le"), True
    yield "hex", plain.hex().encode(), True
    for text in {secret, secret.lower()}:
        for core in _base64_cores(text.encode()):
            yield "base64", core, False
            yield "base64 url", core.translate(bytes.maketrans(b"+/", b"-_")), False


def _base64_cores(value: bytes) -> Iterator[bytes]:
    """What base64 always shows of the value, wherever in a longer text it begins (three alignments)."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value)
        # Characters that also hold bits of the neighbours say nothing sure.
        first = -(-before * 8 // 6)
        last = (before + len(value)) * 8 // 6
        if last - first >= 8:
            yield encoded[first:last]
