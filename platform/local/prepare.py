"""Bring database, static files and translations up to date; takes no time when they are.

Loading Django takes seconds, so a second `up` asks fingerprints first and skips what has not changed.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import psycopg2

from local.data_dir import DataDir
from local.entry import ROOT
from local.errors import LocalError
from local.postgres import explain_log

SOURCES = {
    "messages": ["locale/**/*.po"],
    "migrate": ["*/migrations/*.py", "platform/*/migrations/*.py", "requirements.lock"],
    "collectstatic": ["static/**/*", "platform/common/modules.py", "requirements.lock"],
}


def prepare(home: DataDir, environ: Mapping[str, str]) -> list[str]:
    """The steps that were needed and done. Raises LocalError with what Django says when one fails."""
    stamp = home.run / "prepared.json"
    done = _read(stamp)
    wanted = {step: fingerprint(patterns) for step, patterns in SOURCES.items()}
    wanted["migrate"] += f" {applied_migrations(environ['DATABASE_URL'])}"
    steps = [
        step for step in SOURCES if done.get(step) != wanted[step] or not _outcome_is_there(step, environ)
    ]
    if not steps:
        return []
    ran = subprocess.run(
        [sys.executable, "-m", "local.prepare_steps", *steps],
        env={**environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        raise LocalError(explain_log(f"Could not prepare ({', '.join(steps)})", ran.stderr or ran.stdout))
    wanted["migrate"] = f"{fingerprint(SOURCES['migrate'])} {applied_migrations(environ['DATABASE_URL'])}"
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return steps


def fingerprint(patterns: Iterable[str], root: Path = ROOT) -> str:
    """Changes whenever a file that matches is added, removed or written."""
    files = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    digest = hashlib.sha256()
    for path in files:
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def applied_migrations(database_url: str) -> int:
    """How many are recorded in the database; 0 for one without tables. Raises LocalError when it is away."""
    with _connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if not _value(cursor.fetchone()):
            return 0
        cursor.execute("SELECT count(*) FROM django_migrations")
        return int(str(_value(cursor.fetchone())))


def has_projects(database_url: str) -> bool:
    """Whether anybody has made a project: then no demo is played."""
    with _connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM tasks_app_project)")
        return bool(_value(cursor.fetchone()))


def _connect(database_url: str) -> "closing[psycopg2.extensions.connection]":
    try:
        return closing(psycopg2.connect(database_url, connect_timeout=10))
    except psycopg2.OperationalError as error:
        raise LocalError(f"PostgreSQL cannot be reached (DATABASE_URL): {str(error).strip()}") from None


def _value(row: tuple[object, ...] | None) -> object:
    return row[0] if row else None


def _read(stamp: Path) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def _outcome_is_there(step: str, environ: Mapping[str, str]) -> bool:
    """Somebody may have tidied away what a step made."""
    if step == "collectstatic":
        return Path(environ.get("STATIC_ROOT") or Path(environ["DATA_DIR"], "static")).is_dir()
    if step == "messages":
        return all(source.with_suffix(".mo").exists() for source in ROOT.glob("locale/**/*.po"))
    return True
