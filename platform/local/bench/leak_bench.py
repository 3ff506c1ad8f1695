"""Secrets through the whole loop, and then a search for every one of them, everywhere.

The figure is how many are found: it should be 0. Secrets are planted in dialogues, speakers' names, meta,
groups, candidates, broken lines, a file's name, free texts of annotators and reviewers, questions to a model,
feedback, a search field and a traceback. Looked through are all tables but the vault, the broker, every file
of the installation (also inside archives and columnar files) and everything that the server answered.
"""

import tempfile
from pathlib import Path
from typing import Any

from local.bench.command import Settings
from local.bench.stack import stack
from local.leaks.run import play

SECRETS = 500


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`."""
    count = settings.secrets or SECRETS
    scratch = tempfile.TemporaryDirectory(prefix="manyhands-leak-")
    with scratch as folder, stack(Path(folder)) as site:
        outcome = play(site, count=count, recipe={})
    figures = outcome.summary()
    return {"settings": {"secrets": count}, "figures": {**figures, "where": str(figures["where"])}}
