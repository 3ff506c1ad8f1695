import ast
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["platform", "privacy", "tasks_app", "annotations", "training"]


def python_files():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path


def test_platform_folder_never_shadows_the_stdlib():
    assert Path(platform.__file__).is_relative_to(sysconfig.get_path("stdlib"))
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_drawer_for_odds_and_ends():
    odd = {"utils.py", "helpers.py", "misc.py"}
    assert not [path for path in python_files() if path.name in odd]


def test_packages_are_marked_and_empty():
    """Importing training.engine must not run anything of Django's."""
    filled = [
        path.relative_to(ROOT).as_posix()
        for path in python_files()
        if path.name == "__init__.py" and path.read_text().strip()
    ]
    # Django finds an app's models in `<app>.models`: a package of them must name them there.
    apps = ("platform/rewards", "privacy", "tasks_app", "annotations", "training")
    models = {f"{app}/models/__init__.py" for app in apps}
    assert set(filled) == {"platform/config/__init__.py", *models}


def test_no_unfinished_work_is_left_behind():
    words = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if any(word in line for word in words)
    ]
    assert not found


def swallows_everything(node):
    """`except Exception: pass`, or without a type."""
    broad = node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
    return broad and all(isinstance(statement, ast.Pass) for statement in node.body)


def test_nothing_swallows_every_exception():
    found = [
        f"{path}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and swallows_everything(node)
    ]
    assert not found


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["lint-imports", "--no-cache"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_tools_are_content(command):
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_types_hold():
    mypy = Path(sys.executable).parent / "mypy"
    done = subprocess.run([str(mypy), "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
