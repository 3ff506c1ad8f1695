"""Recommendation: how good the lists of the shipped data are, and how long one takes with 100,000 items.

Sets the application up as a person does, with training, and reads its figures. Then the catalogue is filled
up to `--items` (texts and vectors of its own items with noise, so that there are neighbours to find), and one
program asks for lists of the shipped readers, one after another, over HTTP.
"""

import json
import statistics
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.bench import applications_bench
from local.bench.assign_bench import in_stack
from local.bench.stack import Stack, stack
from local.errors import LocalError

if TYPE_CHECKING:
    from local.bench.command import Settings

ITEMS, SECONDS, WARM_UP = 100_000, 30.0, 10


def run(settings: "Settings") -> dict[str, Any]:
    """`{"settings", "figures"}`: milliseconds, and NDCG@10 and hit rates beside popularity and chance."""
    size, seconds = settings.items or ITEMS, settings.seconds or SECONDS
    with tempfile.TemporaryDirectory(prefix="mh-") as folder, stack(Path(folder)) as site:
        applications_bench.make_owner(site)
        figures = applications_bench.set_up(site, "recommendation")
        if failed := figures.get("recommendation.failed"):
            raise LocalError(f"The application could not be set up: {failed}")
        print(f"filling the catalogue up to {size:,} items ...", file=sys.stderr)
        made = in_stack(site, ["local.bench.recommended", "--items", str(size)])
        figures = {name.removeprefix("recommendation."): value for name, value in figures.items()}
        figures |= made["figures"] | _ask(site, made, seconds)
    return {"settings": {"items": size, "seconds": seconds}, "figures": figures}


def _ask(site: Stack, made: dict[str, Any], seconds: float) -> dict[str, float]:
    """Milliseconds of a list of ten, of one caller who waits for each answer."""
    address = urlsplit(site.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    taken, number, until = list[float](), 0, time.monotonic() + seconds
    while time.monotonic() < until or number <= WARM_UP + 20:
        body = json.dumps({"person": made["persons"][number % len(made["persons"])], "count": 10})
        began = time.perf_counter()
        connection.request(
            "POST", f"/api/v1/projects/{made['project']}/recommendation/recommend", body,
            {"Authorization": f"Token {made['token']}", "Content-Type": "application/json"},
        )  # fmt: skip
        response = connection.getresponse()
        told = response.read()
        if response.status != 200:
            raise LocalError(f"The web server answered {response.status}: {told[:300].decode()}")
        if number >= WARM_UP:
            taken.append(1000 * (time.perf_counter() - began))
        number += 1
    connection.close()
    quantiles = statistics.quantiles(taken, n=20, method="inclusive")
    return {
        "p50_ms": round(statistics.median(taken), 1), "p95_ms": round(quantiles[-1], 1), "lists": len(taken)
    }  # fmt: skip
