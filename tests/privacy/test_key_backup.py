"""Crypto-shredding: what copies of the vault are worth once a key is destroyed."""

import base64
import subprocess

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import connection

from common.errors import Invalid, NotFound
from local.postgres import program
from privacy import keyring, sealing
from privacy.models import BlindValue, DestroyedKey, SubjectKey, VaultEntry
from privacy.services import key_backup, pruning, vault
from privacy.services.subjects import destroy_keys, find_subjects
from tests.privacy.conftest import KEY, load

ROWS = [{"id": f"r{n}", "subject": f"c{n}", "text": f"Mail ann{n}@example.com."} for n in range(5)]


@pytest.fixture
def kept(project, vault_key):
    load(project, *ROWS)
    return list(VaultEntry.objects.order_by("pk"))


def erase(value):
    [match] = find_subjects(values=[value])
    destroy_keys(subjects=[match.subject.pk])
    return match.subject.pk


def test_a_restored_copy_of_the_vault_stays_shut_without_the_destroyed_key(kept):
    """With VAULT_KEY in hand, every key that is left, and every row of the ordinary backup."""
    subject = erase("c2")
    entry = next(row for row in kept if row.subject == subject)
    VaultEntry.objects.bulk_create([entry])  # as it stood in yesterday's backup
    with pytest.raises(NotFound):
        vault.open_entry(VaultEntry.objects.get(pk=entry.pk))
    left = [keyring.unwrap(row.wrapped, row.key_id, keyring.subject_bound(row.subject))
            for row in SubjectKey.objects.all()]  # fmt: skip
    for key in (base64.b64decode(KEY), keyring.index_key(), *left):
        for bound in (sealing.bound_to(entry.item, subject), entry.item.bytes, b""):
            with pytest.raises(InvalidTag):
                sealing.unwrap(key, entry.wrapped_key, bound)
            with pytest.raises(InvalidTag):
                sealing.open_originals(key, entry.nonce, entry.sealed, bound)
    assert pruning.count_unreadable() == 1
    assert pruning.delete_unreadable() == 1


def test_the_next_backup_of_keys_replaces_the_one_before(kept, tmp_path):
    file = tmp_path / "apart" / "keys"
    assert key_backup.export_keys(file) == 5
    subject = erase("c2")
    assert key_backup.export_keys(file) == 4
    assert [path.name for path in file.parent.iterdir()] == ["keys"]
    SubjectKey.objects.all().delete()
    DestroyedKey.objects.all().delete()  # a database from before the erasure knows nothing of it
    assert key_backup.import_keys(file) == {"restored": 4, "present": 0, "destroyed": 0}
    assert not SubjectKey.objects.filter(pk=subject).exists()
    readable = [vault.open_entry(row) for row in kept if row.subject != subject]
    assert len(readable) == 4


def test_a_destroyed_key_does_not_come_back_from_an_older_file(kept, tmp_path):
    key_backup.export_keys(tmp_path / "keys")
    erase("c2")
    assert key_backup.import_keys(tmp_path / "keys") == {"restored": 0, "present": 4, "destroyed": 1}
    assert SubjectKey.objects.count() == 4


@pytest.mark.parametrize("spoil", ["cut", "flip", "other", "short chunk"])
def test_a_file_that_was_changed_or_cut_is_refused_whole(kept, tmp_path, monkeypatch, spoil):
    monkeypatch.setattr(key_backup, "_CHUNK", 2)
    file = tmp_path / "keys"
    key_backup.export_keys(file)
    content = file.read_bytes()
    size = int.from_bytes(content[42:46], "big")
    spoilt = {
        "cut": content[: 46 + size],
        "flip": content[:60] + bytes([content[60] ^ 1]) + content[61:],
        "other": b"something else",
        "short chunk": content[:-3],
    }
    file.write_bytes(spoilt[spoil])
    SubjectKey.objects.all().delete()
    with pytest.raises(Invalid):
        key_backup.import_keys(file)
    assert not SubjectKey.objects.exists()


def test_nothing_in_the_file_tells_whose_keys_they_are(kept, tmp_path):
    key_backup.export_keys(tmp_path / "keys")
    content = (tmp_path / "keys").read_bytes()
    for row in SubjectKey.objects.all():
        assert row.subject.hex.encode() not in content and str(row.subject).encode() not in content
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_the_commands_use_the_configured_file(kept, tmp_path, settings, capsys):
    with pytest.raises(CommandError, match="VAULT_KEYS_BACKUP"):
        call_command("vault_keys", "export")
    settings.VAULT_KEYS_BACKUP = str(tmp_path / "keys")
    call_command("vault_keys", "export")
    SubjectKey.objects.all().delete()
    call_command("vault_keys", "status")
    assert "5 entries have no key" in capsys.readouterr().out
    call_command("vault_keys", "import")
    assert "5 restored" in capsys.readouterr().out
    SubjectKey.objects.all().delete()
    call_command("vault_keys", "prune")
    assert VaultEntry.objects.count() == 5
    call_command("vault_keys", "prune", "--yes")
    assert not VaultEntry.objects.exists() and not BlindValue.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_documented_backup_has_the_vault_and_not_its_keys(kept):
    params = connection.get_connection_params()
    url = f"postgresql:///{params['dbname']}?host={params['host']}&user={params['user']}"
    done = subprocess.run(
        [program("pg_dump"), "--exclude-table-data=privacy_subjectkey", "--data-only", url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "COPY public.privacy_vaultentry" in done.stdout
    assert "COPY public.privacy_subjectkey" not in done.stdout
    assert all(bytes(row.wrapped).hex() not in done.stdout for row in SubjectKey.objects.all())
