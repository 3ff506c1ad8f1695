"""Each policy from a project's setting to what is stored, and what is kept of the originals."""

import json

import pytest
from django.test import Client

from privacy.models import BlindValue, Finding, VaultEntry
from privacy.services import vault
from tasks_app.models import Item
from tests.factories import client_of, make_project
from tests.privacy.conftest import REASON, item, load

TEXT = "I am Rebecca Edwards, rebecca.e@example.net, call +44 7911 123456."
AGAIN = "Rebecca Edwards again, rebecca.e@example.net."
VALUES = ["Rebecca Edwards", "rebecca.e@example.net", "+44 7911 123456"]


def brought_in(owner, policy, **settings):
    """The texts of two items of a project with this policy."""
    project = make_project(owner, privacy_policy=policy, state="draft", funds=0, **settings)
    job = load(project, {"id": "1", "text": TEXT}, {"id": "2", "text": AGAIN})
    rows = Item.objects.filter(project=project).order_by("external_id")
    return project, job, [row.payload["text"] for row in rows]


def test_placeholder_names_the_kind_and_counts(owner, vault_key):
    _project, job, texts = brought_in(owner, "placeholder")
    assert texts == [
        "I am [PERSON_1], [EMAIL_1], call [PHONE_1].", "[PERSON_1] again, [EMAIL_1]."
    ]  # fmt: skip
    assert job.findings == {"PERSON": 2, "EMAIL": 2, "PHONE": 1}


def test_mask_leaves_the_length_alone(owner, vault_key):
    _project, _job, texts = brought_in(owner, "mask")
    assert len(texts[0]) == len(TEXT)
    assert texts[1] == f"{'●' * 15} again, {'●' * 21}."


def test_surrogate_is_the_same_all_over_a_project_another_elsewhere_and_nobody_s(owner, vault_key):
    project, _job, texts = brought_in(owner, "surrogate")
    name = texts[1].removesuffix(".").split(" again, ")[0]
    mail = texts[1].removesuffix(".").split(" again, ")[1]
    assert name in texts[0] and mail in texts[0]
    assert mail.endswith("@example.com") and "55501" in "".join(filter(str.isdigit, texts[0]))
    load(project, {"id": "3", "text": f"{AGAIN} Thanks."})
    assert item("3").payload["text"] == f"{texts[1]} Thanks."
    _other, _job, elsewhere = brought_in(owner, "surrogate")
    assert elsewhere[1] != texts[1]


def test_keep_leaves_everything_and_drop_leaves_out_the_item(owner, vault_key):
    _project, job, texts = brought_in(owner, "keep")
    assert texts == [TEXT, AGAIN] and job.findings == {}
    project, job, texts = brought_in(owner, "drop")
    assert texts == [] and job.skipped == {"personal_data": 2}
    assert sum(job.findings.values()) == 5
    assert not VaultEntry.objects.filter(project=project.pk).exists()


@pytest.mark.parametrize("policy", ["placeholder", "mask", "surrogate"])
def test_what_is_replaced_is_in_the_vault_and_nowhere_else(owner, vault_key, policy):
    project, job, texts = brought_in(owner, policy)
    shown = json.dumps([texts, job.findings, list(Finding.objects.values_list("replacement", flat=True))])
    assert not any(value in shown for value in VALUES)
    for row in Item.objects.filter(project=project):
        originals = vault.reveal(item_id=row.pk, actor=owner.pk, reason=REASON)
        assert {one["value"] for one in originals} <= set(VALUES)
        for one in originals:
            text = row.payload["text"][one["start"] : one["end"]]
            place = Finding.objects.get(item=row.pk, start=one["start"])
            assert text == place.replacement


@pytest.mark.parametrize("policy", ["placeholder", "mask", "surrogate"])
def test_a_project_that_keeps_no_originals_keeps_none(owner, vault_key, policy):
    _project, job, texts = brought_in(owner, policy, originals="discard")
    assert sum(job.findings.values()) == 5
    assert not any(value in text for value in VALUES for text in texts)
    assert not VaultEntry.objects.exists() and not BlindValue.objects.exists()


def test_the_settings_page_and_rest_say_whether_originals_are_kept(owner, vault_key):
    project = make_project(owner, state="draft", funds=0)
    client = client_of(owner)
    address = f"/api/v1/projects/{project.pk}"
    assert client.get(address).json()["originals"] == "vault"
    assert client.patch(address, {"originals": "discard"}).json()["originals"] == "discard"
    assert client.patch(address, {"originals": "elsewhere"}).status_code in {400, 422}
    browser = Client()
    browser.force_login(owner)
    page = browser.get(f"/projects/{project.pk}/settings/").content.decode()
    assert 'value="discard" selected' in page and "not kept at all" in page
