import csv
import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.exporting import rows
from annotations.exporting.formats import chunks
from annotations.models import Consensus
from tasks_app.models import Item, Project
from tests.annotations.crowd import decide, make_reviewer
from tests.factories import CHOICE, SPAN, TEXT, client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db

TURNS = {
    "turns": [
        {"speaker": "customer", "text": "Hi 👍🏽! Where is it?"},
        {"speaker": "agent", "text": "=On its way."},
    ]
}
QUESTION = {"turn": 0, "start": 7, "end": 19, "label": "question"}
ANSWER = {"turn": 1, "start": 1, "end": 11, "label": "answer"}
VALUE = {"intent": "delivery", "qa": [QUESTION, ANSWER], "reply": "=1+1"}


@pytest.fixture
def project() -> Project:
    """One approved dialogue, one in review, one without answers."""
    project = make_project(fields=[CHOICE, SPAN, TEXT], overlap_max=3, languages=["en"], title="Chats")
    items = make_items(project, 3, payloads=[TURNS] * 3, group="g1", language="en")
    decide(items[0], *[VALUE] * 3)
    decide(items[1], *[{"intent": label, "qa": []} for label in ("refund", "delivery", "other")])
    return project


def export(project: Project, format: str, which: str = "approved") -> Any:
    client = client_of(project.owner)
    return client.get(f"/api/v1/projects/{project.pk}/export?format={format}&which={which}")


def text(response: Any) -> str:
    assert response.status_code == 200 and response.streaming
    return response.getvalue().decode()


def test_jsonl_holds_what_was_approved_in_the_import_s_own_shape(project: Project) -> None:
    lines = [json.loads(line) for line in text(export(project, "jsonl")).splitlines()]
    assert len(lines) == 1
    assert lines[0]["turns"] == TURNS["turns"] and lines[0]["approved"] == VALUE
    assert lines[0]["group"] == "g1" and 0.9 < lines[0]["confidence"]["intent"] <= 1
    assert "answers" not in lines[0] and lines[0]["id"] == Item.objects.get(state="closed").external_id


def test_all_brings_everybody_s_answers_under_pseudonyms(project: Project) -> None:
    body = text(export(project, "jsonl", "all"))
    lines = [json.loads(line) for line in body.splitlines()]
    assert [len(line["answers"]) for line in lines] == [3, 3]
    assert lines[1]["states"]["intent"] == "review" and "intent" not in lines[1].get("approved", {})
    assert "example.org" not in body and "Person" not in body


def test_csv_cannot_run_formulas(project: Project) -> None:
    response = export(project, "csv")
    assert response["Content-Disposition"] == 'attachment; filename="chats-approved.csv"'
    lines = list(csv.DictReader(io.StringIO(text(response).removeprefix("\ufeff"))))
    assert lines[0]["reply"] == "'=1+1" and lines[0]["intent"] == "delivery"
    assert json.loads(lines[0]["qa"]) == [QUESTION, ANSWER]
    assert lines[0]["text"] == "customer: Hi 👍🏽! Where is it?\nagent: =On its way."


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_neutralised(start: str) -> None:
    from common.spreadsheet import neutral

    assert neutral(f"{start}1") == f"'{start}1"
    assert neutral(f"1{start}") == f"1{start}"


def test_conll_has_one_token_per_line(project: Project) -> None:
    lines = text(export(project, "conll")).splitlines()
    assert lines[0] == "# columns = token qa"
    tokens = [tuple(line.split("\t")) for line in lines if line and not line.startswith("#")]
    assert ("👍🏽", "O") in tokens
    assert [t for t in tokens if t[1] != "O"] == [
        ("Where", "B-question"),
        ("is", "I-question"),
        ("it", "I-question"),
        ("?", "I-question"),
        ("On", "B-answer"),
        ("its", "I-answer"),
        ("way", "I-answer"),
    ]


def test_conll_without_spans_says_what_to_do() -> None:
    response = export(make_project(), "conll")
    assert response.status_code == 422 and "jsonl" in response.json()["detail"]


def test_label_studio_reads_offsets_and_labels(project: Project) -> None:
    tasks = json.loads(text(export(project, "label-studio", "all")))
    assert len(tasks) == 2 and len(tasks[0]["annotations"]) == 4
    truth = tasks[0]["annotations"][0]
    assert truth["ground_truth"]
    spans = [r for r in truth["result"] if r["from_name"] == "qa"]
    assert spans[0]["value"] == {
        "start": "0",
        "end": "0",
        "startOffset": 7,
        "endOffset": 19,
        "text": "Where is it?",
        "paragraphlabels": ["question"],
    }
    assert {"choices": ["delivery"]} in [r["value"] for r in truth["result"]]


def test_hf_is_a_zip_of_parquet_and_card(project: Project, tmp_path: Path) -> None:
    Item.objects.filter(state="closed").update(split="test")
    body = export(project, "hf").getvalue()
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        assert sorted(bundle.namelist()) == ["README.md", "data/test.parquet", "data/train.parquet"]
        bundle.extractall(tmp_path)
    found = pq.read_table(tmp_path / "data/test.parquet").to_pylist()
    assert len(found) == 1 and pq.read_table(tmp_path / "data/train.parquet").num_rows == 0
    assert found[0]["qa"] == [QUESTION, ANSWER] and found[0]["turns"] == TURNS["turns"]
    assert found[0]["intent"] == "delivery" and found[0]["intent_confidence"] > 0.9
    card = (tmp_path / "README.md").read_text()
    assert "path: data/test.parquet" in card and card.startswith("---\npretty_name:")


def test_hf_keeps_fields_apart_from_columns_of_the_same_name(tmp_path: Path) -> None:
    field = {"name": "text", "type": "text", "title": "Text", "required": True}
    project = make_project(fields=[field])
    decide(make_items(project)[0], *[{"text": "Sorry!"}] * 3)
    with zipfile.ZipFile(io.BytesIO(export(project, "hf").getvalue())) as bundle:
        found = pq.read_table(io.BytesIO(bundle.read("data/train.parquet"))).to_pylist()
    assert found[0]["text_answer"] == "Sorry!" and found[0]["text"].startswith("Where")


@pytest.mark.parametrize("format", ["jsonl", "csv", "conll", "label-studio", "hf"])
def test_nothing_approved_is_an_empty_file_not_an_error(format: str) -> None:
    project = make_project(fields=[CHOICE, SPAN])
    response = export(project, format)
    assert response.status_code == 200 and response.getvalue() is not None


def test_corrected_values_count_and_withdrawn_items_do_not(project: Project) -> None:
    Consensus.objects.filter(field="intent", state="approved").update(state="corrected", value="other")
    assert json.loads(text(export(project, "jsonl")))["approved"]["intent"] == "other"
    Item.objects.filter(state="closed").update(state="withdrawn")
    assert text(export(project, "jsonl")) == ""


@pytest.mark.parametrize("query", ["format=xml", "which=some"])
def test_an_unknown_format_is_refused(project: Project, query: str) -> None:
    assert client_of(project.owner).get(f"/api/v1/projects/{project.pk}/export?{query}").status_code == 422


def test_strangers_and_reviewers_get_nothing(project: Project) -> None:
    url = f"/api/v1/projects/{project.pk}/export"
    assert client_of(make_user("stranger")).get(url).status_code == 404
    assert client_of(make_reviewer(project)).get(url).status_code == 403


def test_the_command_writes_the_same_file(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "chats.jsonl"
    call_command("export", str(project.pk), "--format", "jsonl", "--out", str(out))
    assert out.read_text() == text(export(project, "jsonl"))
    call_command("export", "Chats", "--format", "csv", "--out", str(tmp_path / "chats.csv"))
    for bad in ("no such", str(make_user().pk)):
        with pytest.raises(CommandError, match="no project"):
            call_command("export", bad, "--out", str(out))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export", "Chats", "--out", str(tmp_path / "missing" / "x"))
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.django_db(transaction=True)
def test_an_export_shows_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is corrected or approved while it runs is not in it."""
    monkeypatch.setattr(rows, "_PAGE", 1)
    project = make_project()
    items = make_items(project, 4)
    for item in items[:3]:
        Consensus.objects.create(project=project, item=item, field="intent", value="refund", state="approved")
    reading = rows.Export(project).rows()
    assert next(reading).approved == {"intent": "refund"}

    def change() -> None:
        Consensus.objects.update(value="other", state="corrected")
        Consensus.objects.create(
            project=project, item=items[3], field="intent", value="other", state="approved"
        )
        connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    assert [row.approved["intent"] for row in reading] == ["refund", "refund"]
    assert [row.approved["intent"] for row in rows.Export(project).rows()] == ["other"] * 4


@pytest.mark.django_db(transaction=True)
def test_the_transaction_of_an_export_ends_when_the_reader_leaves() -> None:
    project = make_project()
    for item in make_items(project, 3):
        Consensus.objects.create(project=project, item=item, field="intent", value="refund", state="approved")
    body = chunks(rows.Export(project), "jsonl")
    next(body)
    body.close()
    del body
    assert not connection.in_atomic_block
