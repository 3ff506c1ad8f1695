"""A project, a folder for uploads, and files as they are uploaded."""

import json

import pytest

from privacy.models import Finding
from tasks_app.importing import job as work
from tasks_app.models import Item
from tasks_app.services import imports
from tests.tasks_app.conftest import CHOICE, make_project

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
FIELDS = [
    *CHOICE,
    {"name": "qa", "type": "span", "scope": "turn", "labels": ["question"], "required": False},
]


@pytest.fixture
def project(owner):
    return make_project(owner, fields=FIELDS)


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def lines(*rows):
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def load(project, content, format="jsonl", **options):
    job = imports.start_import(
        project=project, actor=project.owner, chunks=[content], format=format, options=options
    )
    work.run(job.pk)
    job.refresh_from_db()
    return job


def shown(project):
    items = Item.objects.filter(project=project).order_by("position")
    rows = list(items.values_list("external_id", "payload", "gold", "state"))
    found = Finding.objects.filter(project=project.pk).order_by("replacement", "start")
    return rows, sorted(found.values_list("kind", "start", "end", "replacement", "detector"))
