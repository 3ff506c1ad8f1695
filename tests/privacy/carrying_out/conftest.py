"""A person with rows that a request is about, and what is done for the tests with a request."""

import io
import zipfile

import pytest
from allauth.account.models import EmailAddress

from privacy import holders
from privacy.models import SubjectRequest
from privacy.services import requests
from tests.factories import make_user
from tests.privacy.holding import Shelf

PASSWORD = "correct horse battery"


@pytest.fixture
def shelf(monkeypatch):
    """The only holder beside that of accounts and of requests."""
    shelf = Shelf()
    kept = {name: holders._holders[name] for name in ("accounts", "privacy_requests")}
    monkeypatch.setattr("privacy.holders._holders", {"shelf": shelf, **kept})
    return shelf


@pytest.fixture
def anna(shelf):
    user = make_user("anna")
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    shelf.notes += [(user.pk, {"text": f"note {n} 便条"}) for n in range(3)]
    shelf.notes.append((make_user("ben").pk, {"text": "about Ben"}))
    return user


def erase(user):
    return requests.open_for_account(user=user, kind="erasure", password=PASSWORD)


def zip_of(response):
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def fresh(row):
    return SubjectRequest.objects.get(pk=row.pk)
