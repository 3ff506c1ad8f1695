"""What `manage.py` does before anything is installed: get into `.venv`, then hand over to the command.

Only the standard library may be imported here, at least until we are inside.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from local.bootstrap import Environment, ensure
from local.errors import LocalError

ROOT = Path(__file__).resolve().parents[2]
# Everything else is a Django command. Each module has `main(arguments) -> exit code`.
COMMANDS = {
    "up": "local.up",
    "test": "local.testing",
    "bench": "local.bench.command",
    "doctor": "local.doctor",
    "lock": "local.lock_command",
}
HELP = """Manyhands. Commands (each takes --help):

  up          start everything here, play the demo on the first run, serve until Ctrl-C
  test        run every check and test; arguments go to pytest
  bench NAME  measure: assign, import, consensus, train, serve, export, page, snapshot, pii, private
  doctor      check this machine, with the mend for what fails
  install     only make .venv and install requirements.lock into it
  lock        write requirements.lock anew from what .venv holds

Everything else is a Django command: migrate, shell, import_items, export, train, aggregate ...
`manage.py help --commands` lists them.
"""


def main(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    command, *rest = arguments or ["help"]
    if command in {"help", "-h", "--help"} and not rest:
        print(HELP, end="")
        return 0
    try:
        python = _python_for(command)
        if command == "install":
            return 0
        if not _inside(python):
            _go_inside(python, arguments)
        return _run(command, rest)
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return 130


def _python_for(command: str) -> Path:
    environment = Environment(ROOT)
    if command == "lock" and environment.python.exists():
        return environment.python  # it records what is installed, so nothing may be installed first
    return ensure(environment, tools=command == "test")


def _inside(python: Path) -> bool:
    return Path(sys.prefix).resolve() == python.parent.parent.resolve()


def _go_inside(python: Path, arguments: list[str]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(python, [str(python), str(ROOT / "manage.py"), *arguments])  # noqa: S606


def _run(command: str, arguments: list[str]) -> int:
    if command in COMMANDS:
        code = import_module(COMMANDS[command]).main(arguments)
    else:
        code = import_module("local.django_command").main([command, *arguments])
    return int(code or 0)
