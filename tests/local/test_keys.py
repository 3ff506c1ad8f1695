import base64
from pathlib import Path

from local.data_dir import DataDir
from local.keys import key_files


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path)
    home.create()
    files = key_files(home, {})
    first = {name: Path(path).read_text() for name, path in files.items()}
    assert set(files) == {"SECRET_KEY_FILE", "VAULT_KEY_FILE"}
    assert len(base64.urlsafe_b64decode(first["VAULT_KEY_FILE"])) == 32
    assert all(Path(path).stat().st_mode & 0o777 == 0o600 for path in files.values())
    assert home.secrets.stat().st_mode & 0o777 == 0o700
    assert {name: Path(path).read_text() for name, path in key_files(home, {}).items()} == first
    assert sorted(path.name for path in home.secrets.iterdir()) == ["secret_key", "vault_key"]


def test_keys_of_the_environment_are_left_alone(tmp_path: Path) -> None:
    home = DataDir.at(tmp_path)
    home.create()
    files = key_files(home, {"SECRET_KEY": "own", "VAULT_KEY_FILE": "/run/secrets/vault"})
    assert files == {}
    assert list(home.secrets.iterdir()) == []
