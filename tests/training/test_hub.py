from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from common.errors import Conflict
from privacy import sharing
from privacy.holders import Subject
from tasks_app.models import Item
from tests.factories import client_of, make_items
from training import hub
from training.models import ModelVersion, SnapshotItem
from training.services.hub import push_version

Make = Callable[..., ModelVersion]
HUB = "huggingface_hub.HfApi"


def url(version: ModelVersion) -> str:
    return f"/api/v1/models/{version.model.name}/versions/{version.number}/push"


def test_without_a_token_nothing_is_ever_sent(make_version: Make, admin: User, settings: Settings) -> None:
    settings.HUB_TOKEN = ""
    with patch(HUB) as api:
        answer = client_of(admin).post(url(make_version()), {"repo": "us/model"})
    assert answer.status_code == 409 and answer.json()["code"] == "no_hub_token"
    api.assert_not_called()


def test_it_is_pushed_once_in_the_background(make_version: Make, admin: User, settings: Settings) -> None:
    settings.HUB_TOKEN = "secret-token"
    version = make_version()
    assert client_of(admin).post(url(version), {"repo": "no repository"}).status_code == 422
    asked = client_of(admin).post(url(version), {"repo": "us/model"})
    assert asked.status_code == 202 and asked.json()["hub"]["state"] == "queued"
    assert "secret-token" not in asked.content.decode()
    assert client_of(admin).post(url(version), {"repo": "us/model"}).status_code == 409
    with patch(HUB) as api:
        api.return_value.create_repo.return_value = "https://hub.example/us/model"
        hub.push(version.pk)
        hub.push(version.pk)  # a second delivery
    version.refresh_from_db()
    assert version.hub["state"] == "done" and version.hub["url"] == "https://hub.example/us/model"
    [sent] = api.return_value.upload_folder.call_args_list
    assert "*.safetensors" in sent.kwargs["allow_patterns"] and "*.bin" not in sent.kwargs["allow_patterns"]


def test_what_the_hub_says_is_shown_and_it_can_be_tried_again(
    make_version: Make, admin: User, settings: Settings
) -> None:
    settings.HUB_TOKEN = "token"
    version = make_version()
    push_version(version=version, repo="us/model", actor=admin)
    with pytest.raises(Conflict):
        push_version(version=version, repo="us/model", actor=admin)
    with patch(HUB) as api:
        api.return_value.create_repo.side_effect = OSError("no way to the hub")
        hub.push(version.pk)
    browser = Client()
    browser.force_login(admin)
    page = f"/models/{version.model.name}/"
    assert "no way to the hub" in browser.get(page).content.decode()
    assert browser.post(f"{page}versions/1/push/", {"repo": "us/model"}).status_code == 302


def test_a_stranger_gets_404(make_version: Make, stranger: User) -> None:
    assert client_of(stranger).post(url(make_version()), {"repo": "us/model"}).status_code == 404


def test_a_version_stays_here_while_its_texts_have_no_terms(
    make_version: Make, admin: User, settings: Settings
) -> None:
    settings.HUB_TOKEN, settings.DATA_LICENCE, settings.DATA_LEGAL_BASIS = "secret-token", "", "contract"
    version = make_version()
    (item,) = make_items(version.model.project, 1, slots=0)
    SnapshotItem.objects.create(snapshot=version.snapshot, item=item.pk, group="g", split="train")
    refused = client_of(admin).post(url(version), {"repo": "us/model"})
    assert refused.status_code == 409 and refused.json()["code"] == "terms_missing"
    settings.DATA_LICENCE = "LicenseRef-Proprietary"  # as shipped: for the operator's own people
    assert client_of(admin).post(url(version), {"repo": "us/model"}).json()["code"] == "terms_missing"
    settings.DATA_LICENCE = "MIT"
    Item.objects.filter(pk=item.pk).update(consent=False)
    assert client_of(admin).post(url(version), {"repo": "us/model"}).json()["code"] == "no_consent"
    Item.objects.filter(pk=item.pk).update(consent=None)
    assert client_of(admin).post(url(version), {"repo": "us/model"}).status_code == 202


def test_a_version_stays_here_that_learned_from_people_who_opted_out_of_sharing(
    make_version: Make, admin: User, settings: Settings
) -> None:
    settings.HUB_TOKEN = "secret-token"
    version = make_version()
    learned = SnapshotItem.objects.filter(snapshot=version.snapshot).first()
    assert learned is not None
    sharing.opt_out(Subject(items=frozenset([learned.item])))
    refused = client_of(admin).post(url(version), {"repo": "us/model"})
    assert refused.status_code == 409 and refused.json()["code"] == "opted_out"
