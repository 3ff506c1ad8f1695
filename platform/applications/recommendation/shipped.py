"""The catalogue of an invented public library, with simulated interactions, to try the application with.

The interactions are drawn from a model of latent interests (docs/applications/recommendation.md), so figures
on them show that the machinery works and not how well it does in the world.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from applications.recommendation.mixing.reading import Line

DATA = Path(__file__).parent / "data"
PAIRS = DATA / "en.jsonl"


def catalogue() -> list[Line]:
    return _lines("catalogue.jsonl")


def interactions() -> list[Line]:
    return _lines("interactions.jsonl")


@cache
def newcomers() -> tuple[dict[str, Any], ...]:
    """[{"interests": words, "wanted": ids of what such a person then used}]"""
    return tuple(line.row for line in _lines("newcomers.jsonl"))


def _lines(name: str) -> list[Line]:
    rows = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [Line(number, json.loads(row)) for number, row in enumerate(rows, start=1)]
