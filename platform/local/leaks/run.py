"""Plant, play the loop, search: the leak test itself."""

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.bench.stack import Stack
from local.entry import ROOT
from local.leaks.loop import Heard, Loop
from local.leaks.places import Leak, Search
from local.leaks.script import Script, write_script
from local.leaks.secrets import Secret, make_secrets, values_of
from local.up import create_people

_CROWD = 4
# The worst that a mistake of ours can do: quote what it stumbled over, with its surroundings, in the log.
_FAULT = """
import logging
log = logging.getLogger("manyhands")
def stumble(text):
    raise ValueError(f"cannot take {text!r}")
for said in SAID:
    try:
        stumble(said)
    except ValueError:
        log.exception("A fault while reading %s", said)
"""


@dataclass(frozen=True)
class Outcome:
    secrets: list[Secret]
    leaks: list[Leak]
    heard: Heard
    places: int
    read: int

    @property
    def found(self) -> set[int]:
        return {leak.secret for leak in self.leaks}

    @property
    def unrecognised(self) -> set[int]:
        """Those of the found ones that the detectors do not know in their sentence."""
        return {number for number in self.found if not self.secrets[number].recognised}

    def summary(self) -> dict[str, Any]:
        places = Counter(_short(leak.place) for leak in self.leaks)
        return {
            "secrets": len(self.secrets),
            "found": len(self.found),
            "not_recognised": len(self.unrecognised),
            "places": self.places,
            "megabytes": round(self.read / 1e6, 1),
            "steps": len(self.heard.done),
            "skipped": len(self.heard.skipped),
            "where": dict(places.most_common(20)),
        }


def _short(place: str) -> str:
    return place if len(place) < 90 else f"…{place[-88:]}"


def play(site: Stack, *, count: int, recipe: dict[str, Any], seed: int = 5) -> Outcome:
    """Plant `count` secrets, run the loop in the installation, and search all of it for every one."""
    secrets = make_secrets(count, seed=seed)
    script = write_script(secrets)
    people = create_people(site.environ)
    people["annotators"] = people["annotators"][:_CROWD]
    heard = Loop(site.url, people, script, recipe).play()
    stumble(site, script)
    search = search_everything(site, values_of(secrets), heard)
    return Outcome(secrets, sorted(search.leaks), heard, search.places, search.read)


def stumble(site: Stack, script: Script) -> None:
    """An error with a traceback that quotes secrets, in a process of this installation."""
    code = f"SAID = {[one.said for one in script.faults]!r}\n{_FAULT}"
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-c", code],
        env={**site.environ}, cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    (site.home.logs / "fault.log").write_bytes(done.stdout + done.stderr)


def search_everything(site: Stack, values: list[str], heard: Heard) -> Search:
    search = Search(values)
    search.database(site.urls.database)
    search.redis(site.urls.redis)
    for folder in folders(site):
        search.folder(folder)
    for address, body in heard.answers:
        search.look(f"answer {address}", [body])
    return search


def folders(site: Stack) -> list[Path]:
    """The installation's own folder (database, queue, uploads, artifacts, logs) and what it shares."""
    return [site.home.root, ROOT / "static"]
