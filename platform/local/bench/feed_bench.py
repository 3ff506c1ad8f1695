"""The feed of social content: what an order of 10,000 posts takes, and whether the floor keeps its promise.

Time: one reader after another, each with interests of their own, over posts of one project; reading the
candidates from PostgreSQL, ranking them and moving alike ones apart. The match model, which reads the first
60, comes on top and costs what `bench serve` says. Promise: calibration posts are drawn with replacement from
the held-out posts of the shipped data, with the scores that a model of the shipped recipe gave them
(feed_scores.json); a promise is broken where the share of safe posts among all of them that are shown is
below what was wanted.
"""

import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from applications.social_content.floor import Judged, Terms, choose, measure
from local.bench.assign_bench import in_stack
from local.bench.command import Settings
from local.bench.stack import stack

POSTS, READERS, DRAWS = 10_000, 100, 300
SCORES = Path(__file__).parent / "feed_scores.json"
WANTED = (0.9, 0.95, 0.98)


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: milliseconds of an order, and of each wanted share how often it was
    promised, and broken among all draws."""
    posts, draws = settings.items or POSTS, settings.draws or DRAWS
    figures: dict[str, Any] = {}
    for wanted in WANTED:
        figures |= promise(stored(), Terms(wanted), draws)
    scratch = tempfile.TemporaryDirectory(prefix="manyhands-bench-")
    with scratch as folder, stack(Path(folder), workers=False) as site:
        figures |= in_stack(site, ["local.bench.fed", str(posts), str(READERS)])
    return {"settings": {"posts": posts, "readers": READERS, "draws": draws}, "figures": figures}


def stored() -> list[Judged]:
    return [Judged(score, bool(safe)) for score, safe in json.loads(SCORES.read_text(encoding="utf-8"))]


def promise(rows: Sequence[Judged], terms: Terms, draws: int) -> dict[str, float]:
    """Over `draws` sets of calibration posts, as many as there are stored ones, always the same draws."""
    draw, promised, broken = random.Random(0), 0, 0  # noqa: S311 - chance, not a secret
    for _draw in range(draws):
        threshold = choose(draw.choices(rows, k=len(rows)), terms).threshold
        if threshold is not None:
            promised += 1
            broken += (measure(rows, threshold).precision.value or 0.0) < terms.wanted
    name = f"{100 * terms.wanted:g}"
    return {f"promised_at_{name}": promised / draws, f"broken_at_{name}": broken / draws}
