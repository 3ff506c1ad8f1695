"""`python -m local.bench.labelled_page`: published projects of dialogues, and somebody signed in to label.

Reads the number of items; prints `{"project", "long", "cookie"}` as JSON: `long` has dialogues of 300 turns
with texts to mark. Runs in an installation's environment.
"""

import json
import sys
from typing import Any
from uuid import uuid4

import django

from local.demo.dialogues import SHIPPED

LONG_TURNS = 300


def main() -> None:
    django.setup()
    print(json.dumps(make(int(sys.stdin.read()))))


def make(items: int) -> dict[str, str]:
    # Models can be loaded only after django.setup().
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Role, User  # noqa: PLC0415
    from accounts.roles import grant  # noqa: PLC0415
    from tasks_app.importing import job as work  # noqa: PLC0415
    from tasks_app.services import imports, projects  # noqa: PLC0415

    owner, person = (
        User.objects.create(email=f"{uuid4()}@example.org", last_login=timezone.now()) for _ in range(2)
    )
    grant(owner, Role.REQUESTER)
    rows = [json.loads(line) for line in SHIPPED.read_text(encoding="utf-8").splitlines()]
    said = [turn for row in rows for turn in row["turns"]]
    intents = sorted({row["truth"]["intent"] for row in rows})
    field = {"name": "intent", "type": "choice", "scope": "dialogue", "labels": intents, "required": True}
    marks = {"name": "qa", "type": "span", "labels": ["question", "answer", "name"]}

    def publish(fields: list[Any], dialogues: list[list[Any]]) -> str:
        project = projects.create_project(
            owner=owner, title="Support chats", fields=fields, gold_share=0.0, data_basis="not_personal",
            data_source="written for this demo", data_licence="CC0-1.0",
            instructions="Choose what the customer came for.",
        )  # fmt: skip
        lines = [json.dumps({"id": str(n), "turns": turns}) for n, turns in enumerate(dialogues)]
        job = imports.start_import(
            project=project, actor=owner, chunks=iter(["\n".join(lines).encode()]), format="jsonl",
            options={"keep_duplicates": True},
        )  # fmt: skip
        work.run(job.pk)
        projects.fund_project(project=project, amount_minor=10_000_000, actor=owner, key=str(uuid4()))
        projects.publish_project(project=project, actor=owner)
        return str(project.pk)

    chats = [rows[n % len(rows)]["turns"] for n in range(items)]
    long = [[said[(n + k) % len(said)] for k in range(LONG_TURNS)] for n in range(3)]
    client = Client()
    client.force_login(person)
    return {
        "project": publish([field], chats),
        "long": publish([field, marks], long),
        "cookie": client.cookies["sessionid"].value,
    }


if __name__ == "__main__":
    main()
