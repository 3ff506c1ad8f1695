"""A new VAULT_KEY: everything follows, whatever is killed or imported meanwhile; the old one may go."""

import base64
import os
import threading
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import connection

from common.errors import Conflict
from common.ids import uuid7
from privacy import keyring, sealing
from privacy.models import SiteKey, SubjectKey, VaultEntry
from privacy.services import rotation, vault
from privacy.services.subjects import destroy_keys, find_subjects
from rewards import sealing as payout_sealing
from rewards.models import Payout, PayoutAddress
from rewards.services import addresses
from tests.privacy.conftest import KEY, NEW_KEY, REASON, item, load

IBAN = "DE89370400440532013000"


def rows_of(count, start=0):
    return [
        {"id": f"r{n}", "subject": f"c{n}", "text": f"Mail ann{n}@example.com."}
        for n in range(start, start + count)
    ]


def change_key(settings):
    settings.VAULT_KEY, settings.VAULT_KEYS_OLD = NEW_KEY, [KEY]


def forget_old_key(settings):
    settings.VAULT_KEYS_OLD = []


def opened(external_id):
    row = item(external_id)
    return vault.reveal(item_id=row.pk, actor=row.project.owner_id, reason=REASON)[0]["value"]


def seal_as_before(row, values, key=KEY):
    """As it was sealed before there were keys of subjects: under VAULT_KEY itself."""
    VaultEntry.objects.filter(item=row.pk).delete()
    raw = base64.b64decode(key)
    nonce = os.urandom(12)
    text = sealing.AESGCM(raw).encrypt(nonce, sealing.json.dumps(values).encode(), row.pk.bytes)
    return VaultEntry.objects.create(
        project=row.project_id, item=row.pk, nonce=nonce, sealed=text, key_id=sealing.key_id(raw)
    )


def test_after_a_rotation_the_old_key_is_not_needed(project, owner, vault_key, settings):
    load(project, *rows_of(3))
    secret = vault.secret_for(project.pk)
    addresses.save_address(user_id=owner.pk, holder="Anna Smith", account=IBAN)
    change_key(settings)
    assert opened("r0") == "ann0@example.com"  # also before the rotation
    done = rotation.rotate()
    assert done["subject_keys"] == 3 and done["payout_addresses"] == 1
    forget_old_key(settings)
    assert rotation.waiting() == {}
    assert opened("r1") == "ann1@example.com"
    assert addresses.address_of(owner.pk).account == IBAN
    # What digests and surrogates are made with has not changed.
    assert vault.secret_for(project.pk) == secret
    assert find_subjects(values=["c2"])[0].items == {item("r2").pk}
    assert find_subjects(values=["ann2@example.com"])[0].items == {item("r2").pk}


def test_without_a_rotation_the_new_key_alone_opens_nothing(project, vault_key, settings):
    load(project, *rows_of(1))
    settings.VAULT_KEY = NEW_KEY
    with pytest.raises(Conflict, match="key has changed"):
        opened("r0")
    assert rotation.rotate() == {}
    assert set(rotation.waiting()) == {"site_keys", "subject_keys"}


def test_entries_from_before_there_were_keys_of_subjects_stay_readable_and_are_taken_along(
    project, vault_key, settings
):
    load(project, {"id": "old", "text": "Mail zoe@example.com."})
    row = item("old")
    seal_as_before(row, [{"turn": 0, "start": 5, "end": 14, "kind": "EMAIL", "value": "zoe@example.com"}])
    assert opened("old") == "zoe@example.com"
    change_key(settings)
    assert opened("old") == "zoe@example.com"
    assert rotation.rotate()["entries_without_subject"] == 1
    forget_old_key(settings)
    assert opened("old") == "zoe@example.com"
    [match] = find_subjects(values=["zoe@example.com"])
    assert match.items == {row.pk}


def test_a_payout_on_its_way_keeps_its_address(owner, vault_key, settings):
    addresses.save_address(user_id=owner.pk, holder="Anna Smith", account=IBAN)
    kept = PayoutAddress.objects.get()
    Payout.objects.create(
        key=str(uuid7()), user=owner.pk, currency="EUR", amount_minor=5, nonce=kept.nonce, sealed=kept.sealed
    )
    change_key(settings)
    assert rotation.rotate()["payouts"] == 1
    forget_old_key(settings)
    assert rotation.waiting() == {}
    assert payout_sealing.unseal(Payout.objects.get()).account == IBAN


def test_a_rotation_that_is_killed_goes_on_where_it_was(project, vault_key, settings, monkeypatch):
    load(project, *rows_of(7))
    change_key(settings)
    monkeypatch.setattr(rotation, "BATCH", 2)

    def killed(name, rows):
        if rows >= 4 and name == "subject_keys":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(report=killed)
    assert rotation.waiting()["subject_keys"].total() == 3
    assert [opened(f"r{n}") for n in range(7)] == [f"ann{n}@example.com" for n in range(7)]
    assert rotation.rotate() == {"subject_keys": 3}
    assert rotation.rotate() == {}


@pytest.mark.django_db(transaction=True)
def test_rotating_while_imports_run_loses_nothing(project, vault_key, settings, monkeypatch):
    load(project, *rows_of(30))
    change_key(settings)
    monkeypatch.setattr(rotation, "BATCH", 3)
    failures = []

    def guarded(work, *args):
        try:
            work(*args)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    def bring_in(start):
        again = [{**row, "id": f"x{n}", "text": f"{row['text']} {n}"} for n, row in enumerate(rows_of(30))]
        load(project, *rows_of(30, start), *(again if start == 100 else []))

    threads = [
        threading.Thread(target=guarded, args=args)
        for args in ((bring_in, 100), (bring_in, 200), (rotation.rotate,), (rotation.rotate,))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert rotation.waiting() == {}
    forget_old_key(settings)
    assert len([vault.open_entry(entry) for entry in VaultEntry.objects.all()]) == 120


def test_an_import_by_a_process_with_an_older_key_waits_for_its_restart(project, vault_key, settings):
    load(project, *rows_of(1))
    change_key(settings)
    rotation.rotate()
    settings.VAULT_KEY, settings.VAULT_KEYS_OLD = KEY, []  # a worker that was not restarted
    with pytest.raises(keyring.UnknownKey):
        load(project, {"id": "late", "subject": "c0", "text": "Mail late@example.com."})
    change_key(settings)
    assert not SubjectKey.objects.exclude(key_id=keyring.current_id()).exists()


def test_the_command_says_what_still_needs_the_old_key(project, vault_key, settings, capsys):
    load(project, *rows_of(2))
    change_key(settings)
    call_command("vault_keys", "status")
    old = sealing.key_id(base64.b64decode(KEY))
    assert f"subject_keys: 2 under key {old}" in capsys.readouterr().out
    call_command("vault_keys", "rotate")
    assert "nothing needs an older key" in capsys.readouterr().out


def test_secrets_of_the_site_are_made_once(project, vault_key):
    first = keyring.index_key()
    with mock.patch.object(SiteKey.objects, "filter", return_value=SiteKey.objects.none()):
        assert keyring.index_key() == first  # as if another had made it in between
    assert SiteKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_renewed_meanwhile_is_not_put_back(project, vault_key, settings, monkeypatch):
    """A rotation that read the old key before an erasure must not write it after."""
    same = {"subject": "both"}
    load(project, {"id": "a", "text": "Mail a@example.com.", **same})
    load(project, {"id": "b", "text": "Mail b@example.com.", **same})
    change_key(settings)
    reading, unwrap = threading.Event(), keyring.unwrap

    def slowly(*args):
        secret = unwrap(*args)
        if threading.current_thread().name == "rotating" and b"subject key" in args[2]:
            reading.set()
            erased.join(timeout=0.7)
        return secret

    def renew():
        reading.wait()
        destroy_keys(items=[item("a").pk])
        connection.close()

    def turn():
        rotation.rotate()
        connection.close()

    monkeypatch.setattr(keyring, "unwrap", slowly)
    erased = threading.Thread(target=renew)
    rotating = threading.Thread(target=turn, name="rotating")
    for thread in (erased, rotating):
        thread.start()
    for thread in (rotating, erased):
        thread.join()
    assert opened("b") == "b@example.com"
