"""What is said about answer fields is true: in the settings, in the docs, in the samples of the templates."""

import json
import re
from pathlib import Path

import pytest

from tasks_app.field_help import field_help
from tasks_app.fields.payload import check_payload
from tasks_app.fields.schema import TYPES, check_answer, fields_to_json, parse_fields
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item
from tasks_app.services import projects

DOCS = Path(__file__).resolve().parents[2] / "docs" / "answer-fields.md"
SPANS = [
    {"turn": 0, "start": 0, "end": 18, "label": "question"},
    {"turn": 1, "start": 0, "end": 20, "label": "answer"},
]
PAYLOAD = check_payload(
    {
        "turns": [
            {"speaker": "customer", "text": "Where is my parcel? It is late."},
            {"speaker": "agent", "text": "It arrives tomorrow."},
        ],
        "candidates": [
            {"id": "a", "text": "Soon."},
            {"id": "b", "text": "On Monday."},
            {"id": "c", "text": "?"},
        ],
    }
)


def test_the_examples_of_all_types_work_together():
    shown = field_help()
    assert [one.type for one in shown] == list(TYPES)
    fields = parse_fields([one.config for one in shown])
    answer = {one.config["name"]: one.answer for one in shown} | {"qa": SPANS}
    assert check_answer(fields, answer, PAYLOAD)["links"] == [{"from": 1, "to": 0, "label": "answers"}]
    for one in shown:
        assert json.loads(one.config_json) == one.config and json.loads(one.answer_json) == one.answer


def test_the_settings_page_explains_every_type(owner, client):
    project = projects.create_project(owner=owner, title="Mine")
    client.force_login(owner)
    html = client.get(f"/projects/{project.pk}/settings/").content.decode()
    assert all(f'id="type-{kind}"' in html for kind in TYPES)


def test_the_documentation_s_examples_are_accepted():
    text = DOCS.read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    configs = [block for block in blocks if isinstance(block, dict) and "type" in block]
    assert [config["type"] for config in configs] == list(TYPES)
    fields = parse_fields(configs)
    item = next(block for block in blocks if "turns" in block)
    payload = check_payload({key: item[key] for key in ("turns", "candidates")})
    answer = next(block for block in blocks if "links" in block)
    assert check_answer(fields, answer, payload) == answer
    for config, field in zip(configs, fields_to_json(fields), strict=True):
        assert config.items() <= field.items()


@pytest.mark.parametrize("name", ["rank-replies", "question-answer-links"])
def test_a_template_s_sample_items_are_imported_once(owner, client, sign_in, name, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    project = projects.create_project(owner=owner, template=name)
    client.force_login(owner)
    page = f"/projects/{project.pk}/import/"
    assert "Import the sample items" in client.get(page).content.decode()
    assert client.post(page, {"sample": "1"}).status_code == 302
    answer = sign_in(owner).post(f"/api/v1/projects/{project.pk}/items:import?sample=true")
    job = ImportJob.objects.get()
    assert answer.status_code == 202 and answer.json()["job"]["id"] == str(job.pk)
    work.run(job.pk)
    assert Item.objects.filter(project=project).count() == 32
    assert Item.objects.filter(project=project, gold__isnull=False).count() >= 5


def test_a_project_without_samples_says_so(owner, client, sign_in):
    project = projects.create_project(owner=owner, title="Mine")
    client.force_login(owner)
    assert "sample" not in client.get(f"/projects/{project.pk}/import/").content.decode()
    refused = sign_in(owner).post(f"/api/v1/projects/{project.pk}/items:import?sample=true")
    assert refused.status_code == 422 and not ImportJob.objects.exists()
