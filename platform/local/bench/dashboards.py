"""`python -m local.bench.dashboards MADE`: each dashboard's server time and queries, inside one process.

MADE is what `local.bench.crowded` printed. Prints `{page: {"ms", "queries"}}` as JSON; runs with the
environment of an installation. The time is a whole request's, without the network.
"""

import json
import statistics
import sys
import time
from typing import Any

import django

TIMES = 5
PAGES = (
    ("owner", "/projects/"),
    ("owner", "/projects/{project}/"),
    ("owner", "/projects/{project}/items/"),
    ("owner", "/projects/{project}/items/?state=open"),
    ("owner", "/projects/{project}/items/?q=shoes"),
    ("owner", "/projects/{project}/items/?q=item-4711"),
    ("owner", "/projects/{project}/quality/"),
    ("owner", "/projects/{project}/people/"),
    ("owner", "/projects/{project}/money/"),
    ("owner", "/projects/{project}/gold/"),
    ("owner", "/projects/{project}/import/"),
    ("owner", "/projects/{project}/privacy/"),
    ("owner", "/projects/{project}/settings/"),
    ("owner", "/projects/{project}/active-learning/"),
    ("owner", "/projects/{project}/analysis/"),
    ("owner", "/projects/{project}/analysis/distributions/"),
    ("owner", "/projects/{project}/analysis/label_errors/"),
    ("owner", "/projects/{project}/review/"),
    ("owner", "/projects/{project}/review/second/"),
    ("owner", "/review/"),
    ("owner", "/applications/"),
    ("owner", "/qualifications/"),
    ("annotator", "/catalogue/"),
    ("annotator", "/projects/{project}/label/"),
    ("annotator", "/work/"),
    ("annotator", "/earnings/"),
    ("annotator", "/recognition/"),
    ("annotator", "/privacy/"),
    ("annotator", "/settings/notifications/"),
    ("admin", "/training/"),
    ("admin", "/training/rules/"),
    ("admin", "/training/snapshots/"),
    ("admin", "/models/"),
    ("admin", "/finance/"),
    ("admin", "/health/"),
    ("admin", "/privacy/desk/"),
    ("admin", "/privacy/audit/"),
    ("admin", "/privacy/vault/"),
    ("admin", "/privacy/register/"),
    ("admin", "/privacy/retention/"),
    ("admin", "/privacy/impact-assessment/"),
)


def main(made: dict[str, str]) -> None:
    django.setup()
    print(json.dumps({path: _measure(made, role, path) for role, path in PAGES}))


def _measure(made: dict[str, str], role: str, path: str) -> dict[str, Any]:
    """Once to load the code, then the median of some times. A status other than 200 makes it worthless."""
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(pk=made[role]), backend="django.contrib.auth.backends.ModelBackend")
    url = path.format(**made)
    first, queries, status, slow = _once(client, url)
    times = [_once(client, url)[0] for _n in range(TIMES)]
    return {
        "ms": round(statistics.median(times), 1), "first_ms": round(first, 1), "queries": queries,
        "status": status, "slowest_query_ms": round(slow[0], 1), "slowest_query": slow[1][:2000],
    }  # fmt: skip


def _once(client: Any, url: str) -> tuple[float, int, int, tuple[float, str]]:
    from django.db import connection  # noqa: PLC0415

    asked: list[tuple[float, str]] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            asked.append(((time.perf_counter() - began) * 1000, sql))

    began = time.perf_counter()
    with connection.execute_wrapper(count):
        response = client.get(url)
        if response.streaming:
            response.getvalue()
    taken = (time.perf_counter() - began) * 1000
    return taken, len(asked), response.status_code, max(asked, default=(0.0, ""))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
