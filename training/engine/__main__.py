"""`python -m training.engine`: set the process up, then hand over to the command line."""

import os
import sys
from importlib import import_module
from types import TracebackType

# libgomp reads this once, while torch is loaded. By default its threads spin while they wait for each other;
# beside a web server and a database on the same cores that made training steps up to nine times slower.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from training.engine.cli import main


def _tell(_kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
    """What is printed is kept as engine.log: without the values that the error is about."""
    print(import_module("privacy.pii.logs").traceback_of(error), file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.excepthook = _tell
    sys.exit(main())
