import io
import json
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local import bootstrap
from local.bootstrap import Environment, ensure
from local.errors import LocalError
from local.lockfile import read_lock
from local.pip import explain_failure
from local.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
LOCK = """\
# comment
alpha==1.0
torch==2.0
# --- test tools
pytest==9.0  # why
"""
# Stands in for .venv/bin/python: notes what pip was asked for, and fails as the file `fail` says.
FAKE_PYTHON = """\
#!/bin/sh
here=$(dirname "$0")/..
case "$*" in
  *"import pip"*) echo "3 11"; exit 0;;
esac
tr '\\n' ' ' < "$here/wanted.txt" >> "$here/asked"
case "$*" in *--no-deps*) echo --no-deps;; *) echo;; esac >> "$here/asked"
if [ -s "$here/fail" ]; then cat "$here/fail"; exit 1; fi
echo "Collecting alpha==1.0"
echo "Installing collected packages: alpha"
"""


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A checkout whose .venv has a fake pip."""
    (tmp_path / "requirements.lock").write_text(LOCK)
    made = Environment(tmp_path)
    made.python.parent.mkdir(parents=True)
    (made.folder / "lib/python3.11/site-packages").mkdir(parents=True)
    made.python.write_text(FAKE_PYTHON)
    made.python.chmod(0o755)
    return made


def asked(environment: Environment) -> list[str]:
    """What pip was asked to install since the last look."""
    path = environment.folder / "asked"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def fail_with(environment: Environment, text: str) -> None:
    (environment.folder / "fail").write_text(text)


def test_torch_comes_first_with_its_own_dependencies_then_exactly_the_rest(environment: Environment) -> None:
    ensure(environment)
    assert asked(environment) == ["torch==2.0 ", "alpha==1.0 torch==2.0 --no-deps"]
    assert (environment.folder / "constraints.txt").read_text() == "alpha==1.0\ntorch==2.0\n"


def test_nothing_is_installed_twice(environment: Environment) -> None:
    ensure(environment)
    asked(environment)
    assert ensure(environment) == environment.python
    assert asked(environment) == []


def test_test_tools_are_added_when_they_are_needed(environment: Environment) -> None:
    ensure(environment)
    asked(environment)
    ensure(environment, tools=True)
    assert asked(environment)[-1] == "pytest==9.0 --no-deps"
    ensure(environment)
    assert asked(environment) == []


def test_a_changed_lock_is_installed(environment: Environment) -> None:
    ensure(environment)
    asked(environment)
    (environment.root / "requirements.lock").write_text(LOCK.replace("alpha==1.0", "alpha==1.1"))
    ensure(environment)
    assert asked(environment)[-1].startswith("alpha==1.1 ")


def test_a_failed_installation_is_taken_up_again(environment: Environment) -> None:
    fail_with(environment, "ERROR: something unforeseen")
    with pytest.raises(LocalError, match="Could not install the PyTorch. It says:\n.*unforeseen"):
        ensure(environment)
    assert environment.installed() == {}
    fail_with(environment, "")
    ensure(environment)
    assert set(environment.installed()) == {"run"}


def test_a_package_that_was_cut_off_is_installed_again(environment: Environment) -> None:
    assert environment.site_packages
    whole, half = (environment.site_packages / f"{name}-1.0.dist-info" for name in ("whole", "half"))
    for folder in (whole, half):
        folder.mkdir()
        (folder / "METADATA").touch()
    (whole / "RECORD").touch()
    ensure(environment)
    assert whole.exists()
    assert not half.exists()


def test_the_checkout_is_importable_also_after_it_was_moved(environment: Environment, tmp_path: Path) -> None:
    ensure(environment)
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(moved)
    ensure(Environment(moved))
    assert (Environment(moved).site_packages / "manyhands.pth").read_text() == f"{moved}\n{moved}/platform\n"  # type: ignore[operator]


def test_a_broken_venv_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(tmp_path)
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to("/nowhere/python")
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("local.bootstrap.subprocess.run", run)
    bootstrap._make_venv(environment, Progress(io.StringIO()))
    assert ran == [[sys.executable, "-m", "venv", "--clear", str(environment.folder)]]


def test_two_processes_install_once(environment: Environment) -> None:
    threads = [threading.Thread(target=ensure, args=[environment]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked(environment)) == 2


def test_a_python_without_venv_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = subprocess.CompletedProcess([], 1, "because ensurepip is not\navailable", "")
    monkeypatch.setattr("local.bootstrap.subprocess.run", lambda *_, **__: refused)
    with pytest.raises(LocalError, match=r"apt-get install python3\.\d+-venv"):
        bootstrap._make_venv(Environment(tmp_path), Progress(io.StringIO()))


def test_too_little_disk_is_said_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.lock").write_text(LOCK)
    monkeypatch.setattr("local.bootstrap.NEEDED_GB", 1e9)
    with pytest.raises(LocalError, match="is too full: the installation needs"):
        ensure(Environment(tmp_path))
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("ERROR: No matching distribution found for alpha==1.0", "there is no wheel of alpha==1.0"),
        (
            "Failed to establish a new connection: NewConnectionError\n"
            "ERROR: No matching distribution found for alpha==1.0",
            "the package index cannot be reached",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        ("ERROR: Failed to build 'alpha' when getting requirements", "alpha has no ready-made wheel"),
        ("ERROR: [Errno 13] Permission denied: '/x'", "belongs to another user"),
    ],
)
def test_each_known_failure_has_one_message_with_the_mend(
    environment: Environment, said: str, message: str
) -> None:
    fail_with(environment, said)
    with pytest.raises(LocalError, match=f"Could not install the PyTorch: .*{message}"):
        ensure(environment)
    assert "run the same command again" in explain_failure(said, "install")


def test_a_missing_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="requirements.lock cannot be read"):
        read_lock(tmp_path / "requirements.lock")


def test_an_old_python_is_refused_in_one_sentence() -> None:
    """manage.py read by a Python that pretends to be 3.8: it must not get as far as importing our code."""
    code = (
        "import sys; sys.version_info = (3, 8, 0); sys.argv = ['manage.py', 'up']; "
        "source = compile(open('manage.py').read(), 'manage.py', 'exec'); "
        "exec(source, {'__name__': '__main__', '__file__': 'manage.py'})"
    )
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.startswith("Manyhands needs Python 3.11 or newer, and this is Python 3.8")
    assert "Traceback" not in ran.stderr


def test_the_way_into_the_venv_needs_only_the_standard_library() -> None:
    code = "import sys; sys.path.insert(1, 'platform'); import local.entry; print(sorted(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    ours = {name for name in eval(ran.stdout) if not name.startswith("local")}  # noqa: S307
    assert ours <= set(sys.stdlib_module_names) | {name for name in ours if "." in name} | {"__main__"}


def test_progress_without_a_terminal_is_plain_lines() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin("Installing packages", total=20)
    for number in range(20):
        progress.step(f"p{number}")
    progress.finish("Installed.")
    lines = stream.getvalue().splitlines()
    assert (lines[0], lines[-1]) == ("Installing packages ...", "Installed.")
    assert 3 <= len(lines) <= 14
    assert "\x1b" not in stream.getvalue()


def test_the_lock_names_exact_public_versions_only() -> None:
    lock = read_lock(ROOT / "requirements.lock")
    for line in lock.run + lock.tools:
        assert "==" in line
        assert not any(sign in line for sign in ("+", "@", "/", "nvidia"))
    assert lock.torch == "torch==2.13.0"
    assert json.dumps(lock.hashes(tools=True)) != json.dumps(lock.hashes(tools=False))


def test_the_lock_holds_everything_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = read_lock(ROOT / "requirements.lock")
    for wanted, lines in (
        (project["dependencies"], lock.run),
        (project["optional-dependencies"]["test"], lock.run + lock.tools),
    ):
        named = {canonicalize_name(Requirement(line).name) for line in wanted}
        locked = {canonicalize_name(Requirement(line).name) for line in lines}
        assert named <= locked, f"run `python3 manage.py lock`: {named - locked}"
