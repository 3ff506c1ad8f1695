import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.bench.command import Settings, measure, table
from local.browser import ensure_chromium, find_chromium
from local.data_dir import DataDir
from local.doctor import attempt, check_port, check_servers, examine
from local.entry import main as run_command
from local.errors import LocalError
from local.port import listen

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, data_dir: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """manage.py as somebody types it, with servers of its own in `data_dir`."""
    outer = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**outer, "DATA_DIR": str(data_dir), **environ}, capture_output=True, text=True,
    )  # fmt: skip


def test_help_needs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([]) == 0
    assert "up " in capsys.readouterr().out


def test_a_django_command_finds_a_database_of_its_own(tmp_path: Path) -> None:
    ran = manage("migrate", "--check", data_dir=tmp_path)
    assert ran.returncode == 1, ran.stderr  # nothing is migrated yet, which only a database can tell
    assert "OperationalError" not in ran.stderr
    assert (tmp_path / "postgres/PG_VERSION").exists()
    assert not (tmp_path / "postgres/postmaster.pid").exists()


def test_an_offline_command_starts_no_server(tmp_path: Path) -> None:
    ran = manage("help", "migrate", data_dir=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "--check" in ran.stdout
    assert not (tmp_path / "postgres").exists()


def test_an_unusable_data_folder_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    ran = manage("migrate", data_dir=tmp_path / "var")
    assert ran.returncode == 1
    assert "cannot be used" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_doctor_finds_everything_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name)
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    findings = {finding.name: finding for finding in examine(DataDir.at(tmp_path), port)}
    expected = {
        "Python",
        "packages",
        "disk",
        "storage",
        "port",
        "PostgreSQL",
        "Redis",
        "broker",
        "browser",
        "GPU",
    }
    assert set(findings) == expected
    for name in expected - {"packages", "disk", "port", "GPU"}:
        assert findings[name].mend == "", findings[name].line()


def test_doctor_says_the_mend_for_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    findings = list(check_servers(DataDir.at(tmp_path)))
    assert [finding.name for finding in findings] == ["PostgreSQL", "Redis", "broker"]
    assert all(finding.mend and "mend:" in finding.line() for finding in findings)
    with listen("127.0.0.1", 0) as taken:
        finding = attempt("port", lambda: check_port(taken.getsockname()[1]), "see the message")
    assert "already in use" in finding.text or "`up` is running" in finding.text


def test_an_unknown_bench_lists_what_there_is() -> None:
    with pytest.raises(LocalError, match="There is no bench 'speed'. There are: "):
        measure("speed", Settings())


def test_a_bench_report_is_a_table_or_json() -> None:
    report = {"name": "assign", "settings": {}, "figures": {"lost": 0, "pairs_per_second": 1234.5}}
    assert table(report).splitlines()[1].split() == ["lost", "0"]
    assert "1,234.5" in table(report)
    assert json.loads(json.dumps(report)) == report


def test_a_chosen_browser_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "chrome"))
    assert find_chromium() == tmp_path / "chrome"


def test_no_browser_and_no_way_to_install_one_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("find_chromium", "_install_from_debian", "_install_with_playwright"):
        monkeypatch.setattr(f"local.browser.{name}", lambda: None)
    with pytest.raises(LocalError, match="need Chromium.*set CHROMIUM"):
        ensure_chromium()
