"""Known secrets through the whole loop, and then a search for them everywhere. `bench leak` plants 500."""

from pathlib import Path

import pytest
from redis import Redis

from local.bench.stack import Stack
from local.leaks.loop import Heard
from local.leaks.run import play, search_everything
from local.leaks.script import write_script
from local.leaks.secrets import make_secrets, values_of
from tests.loop.conftest import query
from tests.training.conftest import tiny_encoder  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow
SECRETS = 60
# What the loop must have come to; without these steps a clean search would say little.
STEPS = (
    "items:import", "/publish", "/claim", "/submit", "/flag", "/return", "/correct", "/reject",
    "/export?format=hf", "runs", "/promote", "/predict", "/feedback", "me/data-export",
)  # fmt: skip


def test_no_secret_is_found_anywhere_after_the_whole_loop(site: Stack, tiny_encoder: Path) -> None:  # noqa: F811
    outcome = play(site, count=SECRETS, recipe={"base_model": str(tiny_encoder)})
    missing = [step for step in STEPS if not any(step in done for done in outcome.heard.done)]
    assert not missing, f"{missing}; refused: {outcome.heard.skipped[:10]}"
    assert outcome.places > 300 and outcome.read > 10_000_000
    shown = [
        (outcome.secrets[leak.secret].kind, outcome.secrets[leak.secret].said, leak.place, leak.form)
        for leak in outcome.leaks
    ]
    assert shown == []


@pytest.mark.parametrize("hole", ["table", "column of bytes", "file", "log", "queue", "page"])
def test_a_hole_is_found(site: Stack, hole: str) -> None:
    """One secret is put where it must not be; the search has to say where."""
    secret = make_secrets(5, seed=77)[4]
    heard = Heard()
    path = site.home.root / ("artifacts" if hole == "file" else "logs") / "hole.bin"
    if hole == "table":
        query(site, "UPDATE tasks_app_project SET instructions = %s", f"Ask {secret.value}.")
    elif hole == "column of bytes":
        query(site, "CREATE TABLE hole AS SELECT convert_to(%s, 'UTF8') AS raw", secret.value)
    elif hole in {"file", "log"}:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x00\xff" + secret.value.lower().encode() + b"\x00")
    elif hole == "queue":
        with Redis.from_url(site.urls.redis) as client:
            client.rpush("hole", secret.value)
    else:
        heard.answers.append(("GET /x/", secret.value.encode()))
    try:
        found = search_everything(site, [secret.value], heard)
        assert found.leaks, hole
    finally:
        query(site, "UPDATE tasks_app_project SET instructions = ''")
        query(site, "DROP TABLE IF EXISTS hole")
        path.unlink(missing_ok=True)
        with Redis.from_url(site.urls.redis) as client:
            client.delete("hole")


def test_secrets_are_many_different_and_in_every_place() -> None:
    secrets = make_secrets(500, seed=5)
    values = values_of(secrets)
    assert len(set(values)) == 500 and all(len(value.encode()) >= 9 for value in values)
    assert len({one.kind for one in secrets}) >= 18
    assert {one.language for one in secrets} == {"en", "zh"}
    script = write_script(secrets)
    typed = [script.replies, script.comments, script.asked, script.feedback, script.searched, script.faults]
    assert all(len(part) > 10 for part in typed) and script.file_name
    file = b"".join(script.lines).decode()
    planted = {one.value for part in typed for one in part} | {script.file_name.value}
    assert {value for value in values if value in file} | planted == set(values)
