"""A pytest plugin that runs before Django loads: the same settings module, set by environment variables.

The embedded servers' addresses are known at once; the servers start when the first test needs one.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from local.data_dir import DataDir
from local.prepare_steps import compile_messages
from local.services import service_urls

SCRATCH = Path(tempfile.mkdtemp(prefix="manyhands-test-"))
HOME = DataDir.at(SCRATCH)
ROOT = Path(__file__).resolve().parents[1]
OWN_DATABASE = not os.environ.get("DATABASE_URL")
OWN_REDIS = not os.environ.get("REDIS_URL")

(SCRATCH / "static").mkdir()  # WhiteNoise wants it to be there
os.environ.update(service_urls(SCRATCH).environment())
os.environ["DATA_DIR"] = str(SCRATCH)
for name, value in {
    "DEBUG": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "2",
    # As an operator may say it for a whole site; tests of what is refused without say otherwise.
    "DATA_LICENCE": "CC0-1.0",
    "DATA_LEGAL_BASIS": "not_personal",
    "K_ANONYMITY": "3",  # the crowds of most tests are three people
}.items():
    os.environ.setdefault(name, value)

# Compiled messages are not in the repository, and Django reads them once, when a language is first used.
if any(
    not (compiled := source.with_suffix(".mo")).exists() or compiled.stat().st_mtime < source.stat().st_mtime
    for source in ROOT.glob("locale/**/*.po")
):
    compile_messages(ROOT)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)
