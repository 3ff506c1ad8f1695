import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from common.errors import Invalid
from privacy import signing
from privacy.models import SigningKey, SubjectRequest
from privacy.particulars import digest_of
from privacy.services.certificates import sign_certificate, verify_certificate
from tests.factories import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return SubjectRequest.objects.create(
        kind="erasure", channel="letter", regime="gdpr", received_on="2026-11-02", due_on="2026-12-02",
        digest=digest_of(["anna@example.org"]),
    )  # fmt: skip


@pytest.fixture
def document(row):
    erased = {"vault": {"entries": 2}, "accounts": {}}
    models = [{"name": "intents 意图", "version": 1, "action": "retrain", "legal_ground": ""}]
    return sign_certificate(request=row, erased=erased, models=models).document


def test_it_is_signed_once_by_a_key_that_stays(row, document):
    assert sign_certificate(request=row, erased={}, models=[]).document == document
    key = SigningKey.objects.get()
    assert document["key"]["id"] == key.pk and len(bytes(key.public)) == 32
    assert len(bytes(key.sealed)) == 32 + 16  # the private half under AES-GCM


def tampered(document):
    yield {**document, "residue": 1}
    yield {**document, "erased": {"vault": {"entries": 3}, "accounts": {}}}
    yield {**document, "models": []}
    yield {**document, "subject_digest": "0" * 64}
    yield {**document, "more": "words"}
    yield {name: value for name, value in document.items() if name != "regime"}
    yield {**document, "signature": document["signature"][:-4] + "AAA="}
    yield {**document, "signature": ""}
    yield {**document, "signature": None}


def test_any_change_is_noticed(document):
    assert verify_certificate(json.dumps(document)).valid
    # Layout and order are not what was signed.
    assert verify_certificate(json.dumps(dict(reversed(document.items())), indent=8)).valid
    for changed in tampered(document):
        verdict = verify_certificate(json.dumps(changed))
        assert not verdict.valid and verdict.reason


def test_another_sites_key_is_not_ours(document):
    private = bytes(range(32))
    public = signing.public_of(private)
    forged = signing.signed({**document, "key": {"id": signing.key_id_of(public)}}, private)
    assert not verify_certificate(json.dumps(forged)).valid
    with_our_name = signing.signed(document, private)
    assert not verify_certificate(json.dumps(with_our_name)).valid


@pytest.mark.parametrize("text", ["", "no", "[]", "null", "[" * 100_000])
def test_what_is_no_certificate_is_said_to_be_none(text):
    with pytest.raises(Invalid):
        verify_certificate(text)


def test_anybody_checks_one_on_a_page_or_over_rest(document):
    path = "/privacy/certificates/verify/"
    assert "It is genuine." in Client().post(path, {"text": json.dumps(document)}).text
    assert "It is not valid." in Client().post(path, {"text": json.dumps({**document, "residue": 1})}).text
    file = StringIO(json.dumps(document))
    file.name = "certificate.json"
    assert "It is genuine." in Client().post(path, {"file": file}).text
    assert Client().post(path, {"text": "no"}).status_code == 422
    rest = "/api/v1/privacy/certificates/verify"
    assert client_of(None).post(rest, document).json() == {"valid": True, "reason": ""}
    assert client_of(None).post(rest, {**document, "residue": 1}).json()["valid"] is False


def test_a_command_checks_a_file_and_whom_it_is_about(document, tmp_path, capsys):
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(document))
    call_command("verify_certificate", str(file))
    assert "genuine" in capsys.readouterr().out
    call_command("verify_certificate", str(file), about=["Anna@Example.org "])
    with pytest.raises(CommandError, match="another person"):
        call_command("verify_certificate", str(file), about=["ben@example.org"])
    file.write_text(json.dumps({**document, "residue": 1}))
    with pytest.raises(CommandError, match="changed"):
        call_command("verify_certificate", str(file))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_certificate", str(tmp_path / "missing"))
