"""`python -m local.bench.fed POSTS READERS`: times the order of a feed in the environment of an installation.

Prints `{"order_p50_ms", "order_p95_ms", "diverse_p95_ms", "shown_below_floor"}` as JSON. A fifth of the posts
are unsafe; vectors are random, of the starter encoder's length.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django
import numpy as np

DIMENSIONS, SHOWN, AT_ONCE = 384, 20, 1000


def main() -> None:
    django.setup()
    posts, readers = map(int, sys.argv[1:])
    print(json.dumps(measure(posts, readers)))


def measure(posts: int, readers: int) -> dict[str, float]:
    # Models can be loaded only after django.setup().
    from applications.social_content.candidates import nearest  # noqa: PLC0415
    from applications.social_content.ranking import Weights, rank  # noqa: PLC0415

    draw: Any = np.random.default_rng(0)
    project = _make(posts, draw)
    below = 0

    def order(weights: Weights) -> None:
        nonlocal below
        found = nearest(project.pk, None, _unit(draw), weights)
        shown = rank(found.candidates, floor=None, weights=weights, count=SHOWN, vectors=found.vectors)
        below += sum(one.candidate.verdict.decided is not True for one in shown)

    plain = _times(readers, lambda: order(Weights()))
    diverse = _times(readers, lambda: order(Weights(diversity=0.3)))
    return {
        "order_p50_ms": round(statistics.median(plain), 1),
        "order_p95_ms": _p95(plain),
        "diverse_p95_ms": _p95(diverse),
        "shown_below_floor": below,
    }


def _times(readers: int, work: Callable[[], None]) -> list[float]:
    work()  # the first one pays for the connection
    found = []
    for _reader in range(readers):
        began = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - began))
    return found


def _p95(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20, method="inclusive")[-1], 1)


def _make(posts: int, draw: Any) -> Any:
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from applications.social_content.models import Post  # noqa: PLC0415
    from tasks_app.services import projects  # noqa: PLC0415

    owner = User.objects.create(email=f"{uuid4()}@example.org")
    project = projects.create_project(owner=owner, template="social-content")
    for start in range(0, posts, AT_ONCE):
        Post.objects.bulk_create(
            Post(project=project, key=f"{number}", text=f"Post {number}.", decided=number % 5 != 0,
                 posted_at=timezone.now() - timedelta(hours=number % 500), vector=_unit(draw))
            for number in range(start, min(posts, start + AT_ONCE))
        )  # fmt: skip
    return project


def _unit(draw: Any) -> Any:
    vector = draw.standard_normal(DIMENSIONS).astype(np.float32)
    return vector / np.linalg.norm(vector)


if __name__ == "__main__":
    main()
