"""JSON as the exports write it."""

import json
from typing import Any

import orjson


def to_json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number of more than 64 bits, which JSON may have
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
