"""What the settings refuse, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).resolve().parents[2]


def check(**variables):
    clean = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--settings", "config.settings"],
        env={**clean, "PYTHONPATH": f"{ROOT}:{ROOT}/platform", **variables},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def test_there_is_no_secret_key_by_default():
    done = check(DATABASE_URL="postgresql:///x")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr


def test_a_database_must_be_named():
    done = check(SECRET_KEY="x" * 50)
    assert done.returncode != 0
    assert "DATABASE_URL must be a postgresql:// URL" in done.stderr


def test_a_secret_may_stand_in_a_file(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("A_KEY_FILE", str(tmp_path / "key"))
    assert env.secret("A_KEY") == "from the file"
    monkeypatch.setenv("A_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.secret("A_KEY")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40@h:5433/db", ("db", "u", "p@", "h", "5433")),
        ("postgresql:///db?host=/run/pg&user=me", ("db", "me", "", "/run/pg", "")),
    ],
)
def test_database_urls(monkeypatch, url, expected):
    monkeypatch.setenv("SOME_URL", url)
    found = env.database("SOME_URL")
    assert tuple(found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected


def test_the_broker_speaks_of_sockets_in_its_own_way():
    assert env.broker("unix:///tmp/r.sock?db=2") == "redis+socket:///tmp/r.sock?virtual_host=2"
    assert env.broker("redis://h:1/0") == "redis://h:1/0"


@pytest.mark.parametrize("raw", ["maybe", "2"])
def test_a_flag_is_true_or_false(monkeypatch, raw):
    monkeypatch.setenv("SOME_FLAG", raw)
    with pytest.raises(ImproperlyConfigured, match="neither true nor false"):
        env.flag("SOME_FLAG")
