"""From an uploaded file to items: what is replaced, and that what points into texts moves along."""

import json

import pytest
from django.test import override_settings

from accounts.models import User
from privacy.models import Finding, VaultEntry
from privacy.services import vault
from tasks_app.models import Item
from tests.tasks_app.conftest import make_project
from tests.tasks_app.importing.conftest import KEY, lines, load


def test_personal_data_is_replaced_and_labels_move_with_the_text(project):
    text = "My email is anna.smith@example.com. When will it come?"
    start = text.index("When")
    gold = {
        "intent": "delivery",
        "qa": [{"turn": 0, "start": start, "end": len(text), "label": "question"}],
    }
    with override_settings(VAULT_KEY=KEY):
        job = load(project, lines({"id": "a", "text": text, "gold": gold}))
        item = Item.objects.get()
        assert "anna.smith@example.com" not in json.dumps([item.payload, item.meta, job.findings])
        [span] = item.gold["qa"]
        assert item.payload["text"][span["start"] : span["end"]] == "When will it come?"
        found = Finding.objects.get()
        assert item.payload["text"][found.start : found.end] == found.replacement
        originals = vault.reveal(item_id=item.pk, actor=project.owner_id, reason="checking the vault")
    assert originals[0]["value"] == "anna.smith@example.com"
    assert b"anna.smith" not in bytes(VaultEntry.objects.get().sealed)
    assert sum(job.findings.values()) == 1


def test_a_speaker_s_name_is_replaced_and_a_role_stays(project):
    turns = [
        {"speaker": "agent", "text": "May I have your name, please?"},
        {"speaker": "Anna Smith", "text": "I'm Anna Smith and my parcel is late."},
    ]
    load(project, lines({"turns": turns}))
    shown = Item.objects.get().payload["turns"]
    assert [turn["speaker"] for turn in shown] == ["agent", "[PERSON_1]"]
    assert "Anna" not in json.dumps(shown)
    assert "[PERSON_1]" in shown[1]["text"]


def test_meta_and_ids_pass_the_same_gate_and_their_originals_are_sealed(project):
    row = {
        "id": "13812345678",
        "group": "anna.smith@example.com",
        "turns": [{"speaker": "Anna Smith", "text": "Hello there."}],
        "meta": {"shop": "north", "contact": ["anna.smith@example.com"], "customer_name": "ravi", "n": 3},
    }
    with override_settings(VAULT_KEY=KEY):
        job = load(project, lines(row, {**row, "id": "x-2", "turns": [{"speaker": "agent", "text": "Bye."}]}))
        first, second = Item.objects.order_by("position")
        originals = vault.reveal(item_id=first.pk, actor=project.owner_id, reason="checking the vault")
    shown = json.dumps([[i.external_id, i.group, i.meta, i.payload] for i in (first, second)])
    assert not any(secret in shown for secret in ("13812345678", "anna", "Anna", "ravi"))
    assert first.meta == {
        "shop": "north", "contact": ["[EMAIL_1]"], "customer_name": "[PERSON_2]", "n": 3,
    }  # fmt: skip
    assert first.group == second.group and first.group.startswith("email-")
    assert second.external_id == "x-2"
    assert {(one["place"], one["value"]) for one in originals} == {
        ("external_id", "13812345678"),
        ("group", "anna.smith@example.com"),
        ("meta", "anna.smith@example.com"),
        ("meta", "ravi"),
        ("speaker", "Anna Smith"),
    }
    assert job.findings == {"PERSON": 3, "EMAIL": 4, "PHONE": 1}
    assert Finding.objects.count() == 0  # nothing stood in the texts


def test_an_id_that_became_a_pseudonym_is_still_taken(project):
    load(project, lines({"id": "anna@example.com", "text": "One."}))
    job = load(project, lines({"id": "anna@example.com", "text": "Another."}))
    assert (job.imported, job.skipped) == (0, {"duplicate_id": 1})
    assert "anna" not in job.errors[0]["detail"]


def test_meta_of_a_project_that_keeps_personal_data_stays(owner):
    project = make_project(owner, privacy_policy="keep")
    load(project, lines({"id": "anna@example.com", "text": "One.", "meta": {"mail": "anna@example.com"}}))
    item = Item.objects.get()
    assert (item.external_id, item.meta) == ("anna@example.com", {"mail": "anna@example.com"})


def test_a_name_of_somebody_who_answered_becomes_a_pseudonym(project):
    said = [{"annotator": name, "value": {"intent": "refund"}} for name in ("anna@example.com", "w01")]
    load(project, lines({"id": "1", "text": "One.", "answers": said}))
    names = sorted(User.objects.filter(imported=True).values_list("display_name", flat=True))
    assert names[0].startswith("email-") and names[1] == "w01" and "anna" not in names[0]


def test_offsets_follow_when_the_text_is_normalised(project):
    text = "Cafe\u0301 or tea?"  # e and a combining accent: one code point fewer in NFC
    gold = {"intent": "refund", "qa": [{"turn": 0, "start": 6, "end": 13, "label": "question"}]}
    load(project, lines({"text": text, "gold": gold}))
    item = Item.objects.get()
    [span] = item.gold["qa"]
    assert item.payload["text"][span["start"] : span["end"]] == "or tea?"


@pytest.mark.parametrize(
    ("policy", "imported", "left"), [("keep", 1, True), ("drop", 0, False), ("mask", 1, False)]
)
def test_the_project_decides_what_happens_to_personal_data(owner, policy, imported, left):
    project = make_project(owner, privacy_policy=policy)
    job = load(project, lines({"text": "Write to bob@example.com please."}))
    assert job.imported == imported
    assert any("bob@example.com" in str(item.payload) for item in Item.objects.all()) == left
