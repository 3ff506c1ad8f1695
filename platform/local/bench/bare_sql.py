"""`python -m local.bench.bare_sql`: the statements of claim and submit by pgbench, without the web server.

Reads a crowd (see `crowd`) from standard input; one pgbench with one connection for each person. Prints the
number of pairs a second as JSON: what PostgreSQL alone would allow on this machine.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django

from local.errors import LocalError
from local.postgres import program

# Each person's share of the items, so that nobody runs out of them.
MOST_PAIRS, SHARE = 400, 0.5
ANSWER = '{"intent": "refund", "qa": [{"turn": 4, "start": 0, "end": 45, "label": "question"}]}'
# The random key has 18 digits; of a hundred claims five ask for gold, as the project's default is.
SCRIPT = """
\\set key random(100000000000000000, 999999999999999999)
\\set gold case when random(1, 100) <= 5 then 1 else 0 end
{claim} \\gset lent_
{submit};
"""
CLAIM = {
    "project": ":project",
    "worker": ":worker",
    "start": "0.5",
    "claim_key": "(:key)::text",
    "count": "1",
    "gold": "(:gold)::int",
    "max_live": "5",
    "lanes": "NULL",
    "ids": "ARRAY[uuidv7()]",
}
SUBMIT = {
    "assignment": "(:lent_id)::uuid",
    "worker": ":worker",
    "currency": "'USD'",
    "answer": "uuidv7()",
    "value": ":answer",
    "edits": "'[]'",
    "seconds": "5",
    "key": "(:key)::text",
    "hash": "''",
}


def script() -> str:
    """What the web server sends, less the lock by which one person's tabs take turns: here each has one."""
    # Models can be loaded only after django.setup().
    from annotations.services.submission import SUBMIT_SQL  # noqa: PLC0415
    from tasks_app.services.claim_sql import claim_sql  # noqa: PLC0415

    claim = claim_sql(shuffled=False, lanes=False, groups=False)
    return SCRIPT.format(claim=(claim.sql % CLAIM).strip(), submit=(SUBMIT_SQL % SUBMIT).strip())


def main() -> None:
    django.setup()
    crowd = json.load(sys.stdin)
    _arrive(crowd)
    pairs = max(1, min(MOST_PAIRS, int(crowd["slots"] * SHARE / len(crowd["workers"]))))
    with tempfile.TemporaryDirectory(prefix="manyhands-bare-") as folder:
        path = Path(folder) / "pair.sql"
        path.write_text(script(), encoding="utf-8")
        running = [_start(path, crowd, worker, pairs) for worker in crowd["workers"]]
        print(json.dumps(sum(_pairs_per_second(one) for one in running)))


def _arrive(crowd: Mapping[str, Any]) -> None:
    """The row of cursors that the web server makes at a person's first claim."""
    from tasks_app.models import WorkerProgress  # noqa: PLC0415

    people = [WorkerProgress(project_id=crowd["project"], worker_id=one) for one in crowd["workers"]]
    WorkerProgress.objects.bulk_create(people)


def _start(path: Path, crowd: Mapping[str, Any], worker: str, pairs: int) -> "subprocess.Popen[str]":
    defined = {"project": crowd["project"], "worker": worker, "answer": ANSWER}
    command = [
        str(program("pgbench")), "--no-vacuum", "--protocol=prepared", f"--file={path}",
        f"--transactions={pairs}", *(f"--define={name}={value}" for name, value in defined.items()),
    ]  # fmt: skip
    return subprocess.Popen(
        command, env=_environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _environ() -> dict[str, str]:
    """libpq's own variables for the database of the installation."""
    url = urlsplit(os.environ["DATABASE_URL"])
    query = {key: values[-1] for key, values in parse_qs(url.query).items()}
    named = {
        "PGHOST": query.get("host") or url.hostname or "",
        "PGPORT": str(url.port or query.get("port", "")),
        "PGUSER": query.get("user") or url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.path.lstrip("/"),
        "PGOPTIONS": "-c plan_cache_mode=force_generic_plan",
    }
    return {**os.environ, **{name: value for name, value in named.items() if value}}


def _pairs_per_second(process: "subprocess.Popen[str]") -> float:
    said, complaint = process.communicate()
    if process.returncode != 0:
        raise LocalError(f"pgbench failed:\n{complaint[-2000:]}")
    [line] = [line for line in said.splitlines() if line.startswith("tps = ")]
    return float(line.split()[2])


if __name__ == "__main__":
    main()
