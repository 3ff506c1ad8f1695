"""`python -m local.bench.served`: a model in production, somebody who may ask it, and texts of 20 tokens.

Prints `{"model", "token", "texts"}` as JSON; runs with the environment of an installation. The model is the
starter encoder as it comes with its last layer fitted to the intents of the demo's dialogues: what a forward
pass costs does not depend on how well it was trained.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import django

from local.demo.dialogues import SHIPPED

if TYPE_CHECKING:
    from training.models import ModelVersion

TOKENS, TEXTS = 20, 1000
RECIPE = {"epochs": 1, "max_steps": 1, "learning_rate": 0.0, "fit_head_first": True}


def main() -> None:
    django.setup()
    print(json.dumps(make()))


def make() -> dict[str, object]:
    # Models can be loaded only after django.setup().
    from accounts.models import User  # noqa: PLC0415
    from accounts.services.tokens import create_token  # noqa: PLC0415

    rows = [json.loads(line) for line in SHIPPED.read_text(encoding="utf-8").splitlines()]
    owner = User.objects.create(email=f"{uuid4()}@example.org")
    version = _train(owner, rows)
    token = create_token(user=owner, scopes=["predict"])[1]
    texts = list(dict.fromkeys(_texts(version.folder, rows)))[:TEXTS]
    return {"model": version.model.name, "token": token, "texts": texts}


def _train(owner: Any, rows: Sequence[dict[str, Any]]) -> "ModelVersion":
    from tasks_app.importing import job as work  # noqa: PLC0415
    from tasks_app.services import imports, projects  # noqa: PLC0415
    from training import execution  # noqa: PLC0415
    from training.models import Run  # noqa: PLC0415
    from training.services import registry, runs  # noqa: PLC0415

    intents = sorted({row["truth"]["intent"] for row in rows})
    field = {"name": "intent", "type": "choice", "scope": "dialogue", "labels": intents, "required": True}
    project = projects.create_project(owner=owner, title="Support chats", fields=[field])
    lines = "".join(json.dumps(_line(row)) + "\n" for row in rows).encode()
    job = imports.start_import(project=project, actor=owner, chunks=iter([lines]), format="jsonl")
    work.run(job.pk)
    run = runs.start_run(project=project, field="intent", recipe=RECIPE, actor=owner)
    execution.execute(run.pk)
    run = Run.objects.select_related("version__model").get(pk=run.pk)
    if run.state != Run.State.SUCCEEDED:
        raise SystemExit(f"The run ended as {run.state}: {run.reason}")
    return registry.promote_version(version=run.version, actor=owner)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: row[key] for key in ("id", "group", "turns")},
        "approved": {"intent": row["truth"]["intent"]},
    }


def _texts(folder: Path, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What customers say, cut after 20 tokens (without the special ones); what is shorter is left out."""
    from training.engine.build import load_tokenizer  # noqa: PLC0415

    backend = load_tokenizer(str(folder)).backend_tokenizer
    for row in rows:
        said = " ".join(turn["text"] for turn in row["turns"] if turn["speaker"] == "customer")
        offsets = backend.encode(said, add_special_tokens=False).offsets
        for begin in range(0, len(offsets) - TOKENS, TOKENS):
            yield said[offsets[begin][0] : offsets[begin + TOKENS - 1][1]]


if __name__ == "__main__":
    main()
