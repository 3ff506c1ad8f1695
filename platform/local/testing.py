"""`manage.py test`: everything that is checked, with pytest's own arguments passed through."""

import os
import subprocess
import sys

from local.browser import ensure_chromium
from local.entry import ROOT
from local.prepare_steps import compile_messages

# A test that needs other servers or settings than its own says so itself.
NOT_FOR_TESTS = (
    "DATABASE_URL",
    "REDIS_URL",
    "DATA_DIR",
    "SECRET_KEY_FILE",
    "VAULT_KEY_FILE",
    "ALLOWED_HOSTS",
)


def main(arguments: list[str]) -> int:
    """pytest's exit code. The servers are started by `tests/env.py`, in a temporary folder."""
    environ = {name: value for name, value in os.environ.items() if name not in NOT_FOR_TESTS}
    environ["CHROMIUM"] = str(ensure_chromium())
    compile_messages()
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environ, check=False
    ).returncode
