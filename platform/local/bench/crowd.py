"""`python -m local.bench.crowd ITEMS PEOPLE OVERLAP`: a published project and people with tokens, as JSON.

Runs with the environment of an installation, in a process of its own: the bench itself loads no Django.
"""

import json
import sys
from typing import Any
from uuid import uuid4

import django

TEXT = (
    "Hello, I ordered a pair of shoes nine days ago and the parcel still has not come.",
    "I am sorry to hear that. May I have the number of your order?",
    "It is on the invoice that you sent me: the one of last Tuesday.",
    "Thank you. The parcel left our house on Friday and is with the carrier now.",
    "Can you tell me when it will be here? I need the shoes on Saturday.",
    "The carrier says that it will be delivered tomorrow before six in the evening.",
    "And if it is not, will I get my money back?",
    "Of course. Write to us then, and we return the whole amount within three days.",
)
FIELDS = [
    {
        "name": "intent",
        "type": "choice",
        "title": "Intent",
        "labels": ["refund", "delivery", "other"],
        "scope": "dialogue",
        "required": True,
    },
    {"name": "qa", "type": "span", "title": "Question and answer", "labels": ["question", "answer"]},
]
REWARD = 5


def main(arguments: list[str]) -> None:
    django.setup()
    items, people, overlap = (int(argument) for argument in arguments)
    print(json.dumps(make(items, people, overlap)))


def make(items: int, people: int, overlap: int) -> dict[str, object]:
    """`{"project", "slots", "workers": [ids], "tokens": [...]}`."""
    # Models can be loaded only after django.setup().
    from accounts.models import User  # noqa: PLC0415
    from accounts.services.tokens import create_token  # noqa: PLC0415
    from rewards.services import ledger  # noqa: PLC0415
    from tasks_app.models import Project, SchemaVersion  # noqa: PLC0415

    owner = User.objects.create(email=f"{uuid4()}@example.org")
    project = Project.objects.create(
        owner=owner, title="Support chats", state=Project.State.PUBLISHED, reward_minor=REWARD,
        overlap_min=overlap, overlap_max=overlap, sample_check_share=0.0,
    )  # fmt: skip
    SchemaVersion.objects.create(project=project, number=1, fields=FIELDS)
    amount = items * overlap * REWARD
    ledger.fund_project(
        project_id=project.pk, currency="USD", amount_minor=amount, key="bench", actor=owner.pk
    )
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=amount, key=f"reserve:{project.pk}")
    _fill(str(project.pk), items, overlap)
    workers = [User.objects.create(email=f"{uuid4()}@example.org") for _n in range(people)]
    return {
        "project": str(project.pk),
        "slots": items * overlap,
        "workers": [str(worker.pk) for worker in workers],
        "tokens": [create_token(user=worker)[1] for worker in workers],
    }


# Made inside PostgreSQL: a million items take half a minute, and memory for one.
_FILL = """
INSERT INTO tasks_app_item (id, project_id, external_id, "group", language, payload, meta, content_hash,
    split, state, position, priority, slots, taken, submitted, needs_aggregation, created_at)
SELECT gen_random_uuid(), %(project)s, 'item-' || n, '', 'en',
    jsonb_set(%(payload)s::jsonb, '{turns,0,text}', to_jsonb(%(first)s || ' (' || n || ')')), '{}',
    lpad(n::text, 64, '0'), '', 'open', n, 0, %(overlap)s, 0, 0, false, now()
FROM generate_series(0, %(items)s - 1) AS n
"""


def _fill(project: str, items: int, overlap: int) -> None:
    from django.db import connection  # noqa: PLC0415

    turns = [{"speaker": ("customer", "agent")[n % 2], "text": text} for n, text in enumerate(TEXT)]
    values: dict[str, Any] = {"project": project, "items": items, "overlap": overlap, "first": TEXT[0]}
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {**values, "payload": json.dumps({"turns": turns})})
        # What a server does on its own in the time in which people import and set up a project.
        cursor.execute("VACUUM ANALYZE tasks_app_item")
        cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    main(sys.argv[1:])
