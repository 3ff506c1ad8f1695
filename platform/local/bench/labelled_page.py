"""`python -m local.bench.labelled_page`: a published project of dialogues, and somebody signed in to label.

Reads the number of items; prints `{"project", "cookie"}` as JSON; runs in an installation's environment.
"""

import json
import sys
from uuid import uuid4

import django

from local.demo.dialogues import SHIPPED


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
    intents = sorted({row["truth"]["intent"] for row in rows})
    field = {"name": "intent", "type": "choice", "scope": "dialogue", "labels": intents, "required": True}
    project = projects.create_project(
        owner=owner, title="Support chats", fields=[field], gold_share=0.0, data_basis="not_personal",
        data_source="written for this demo", data_licence="CC0-1.0",
        instructions="Choose what the customer came for.",
    )  # fmt: skip
    lines = "".join(
        json.dumps({"id": str(number), "turns": rows[number % len(rows)]["turns"]}) + "\n"
        for number in range(items)
    )
    job = imports.start_import(
        project=project, actor=owner, chunks=iter([lines.encode()]), format="jsonl",
        options={"keep_duplicates": True},
    )  # fmt: skip
    work.run(job.pk)
    projects.fund_project(project=project, amount_minor=10_000_000, actor=owner, key=str(uuid4()))
    projects.publish_project(project=project, actor=owner)
    client = Client()
    client.force_login(person)
    return {"project": str(project.pk), "cookie": client.cookies["sessionid"].value}


if __name__ == "__main__":
    main()
