"""Finding approved answers among many: milliseconds of a whole search, and what the index misses.

The search is the one that customer service makes for a question: nearest vectors (HNSW on halfvec), words,
and their fusion; the question's vector is there already. Recall is the share of the ten nearest, by a search
through all rows, that the index finds too.
"""

import tempfile
from pathlib import Path
from typing import Any

from local.bench.assign_bench import in_stack
from local.bench.command import Settings
from local.bench.stack import stack

ITEMS = 100_000


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`."""
    count = settings.items or ITEMS
    with tempfile.TemporaryDirectory(prefix="mh-") as folder, stack(Path(folder), workers=False) as site:
        figures = in_stack(site, ["local.bench.answering_pairs"], str(count))
    return {"settings": {"pairs": count}, "figures": figures}
