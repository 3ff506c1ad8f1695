"""What detectors find in an export is replaced on its way out, and the labels move along."""

import json

import pytest

from annotations.exporting.formats import FORMATS, chunks
from annotations.exporting.rows import Export
from annotations.models import Consensus
from common.models import AuditEvent
from privacy.services.learning import learn_value
from tests.factories import SPAN, TEXT, client_of, make_items, make_project

pytestmark = pytest.mark.django_db
BEFORE = "Write to nolene.smith@gmail.com, where is my parcel?"
AFTER = "Write to [EMAIL_1], where is my parcel?"


def labelled(policy="placeholder"):
    """An item that came in before the detectors knew better: its text and an answer hold an address."""
    project = make_project(
        fields=(SPAN, TEXT), privacy_policy=policy, data_licence="CC0-1.0", data_basis="consent"
    )
    [item] = make_items(project, payloads=[{"text": BEFORE}])
    start = BEFORE.index("where")
    mark = {"turn": 0, "start": start, "end": len(BEFORE), "label": "question"}
    for field, value in (("qa", [mark]), ("reply", "We wrote to nolene.smith@gmail.com.")):
        Consensus.objects.create(
            project=project, item=item, field=field, value=value, confidence=1, state="approved"
        )
    return Export(project)


def test_text_answer_and_offsets_go_together():
    export = labelled()
    [line] = b"".join(chunks(export, "jsonl")).decode().splitlines()
    row = json.loads(line)
    assert row["text"] == AFTER
    [mark] = row["approved"]["qa"]
    assert AFTER[mark["start"] : mark["end"]] == "where is my parcel?"
    assert row["approved"]["reply"] == "We wrote to [EMAIL_1]." or "nolene" not in row["approved"]["reply"]
    assert export.progress.replaced["EMAIL"] == 2


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"hf"}))
def test_no_format_goes_around_the_gate(name):
    assert b"nolene" not in b"".join(chunks(labelled(), name))


def test_keep_leaves_it_alone():
    export = labelled("keep")
    assert b"nolene.smith@gmail.com" in b"".join(chunks(export, "jsonl")) and not export.progress.replaced


def test_what_was_replaced_is_on_record():
    project = labelled().project
    answer = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/export?format=jsonl")
    assert answer.status_code == 200, answer.content
    assert b"nolene" not in b"".join(answer.streaming_content)
    event = AuditEvent.objects.get(action="project.export_cleaned")
    assert event.data == {"replaced": {"EMAIL": 2}} and event.actor == project.owner_id


def test_what_people_have_found_does_not_leave_before_all_is_read_again():
    project = make_project(fields=(TEXT,), data_licence="CC0-1.0", data_basis="consent")
    [item] = make_items(project, payloads=[{"text": "Hello, Zorvath Quillby here."}])
    said = "zorvath quillby wants a refund"
    Consensus.objects.create(
        project=project, item=item, field="reply", value=said, confidence=1, state="approved"
    )
    learn_value(project_id=project.pk, value="Zorvath Quillby", kind="PERSON")
    export = Export(project)
    assert b"uillby" not in b"".join(chunks(export, "jsonl")) and export.progress.replaced["PERSON"] == 2
