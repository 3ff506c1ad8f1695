"""The keys of this installation, made once and kept in files that only their owner reads."""

import base64
import contextlib
import os
import secrets
from collections.abc import Callable, Mapping

from local.data_dir import DataDir

# Django's signing key is any text; the vault's is 32 bytes in base64.
KEYS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "VAULT_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}


def key_files(home: DataDir, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`NAME_FILE` for each key that the environment does not bring itself; missing files are made."""
    files = {}
    for name, make in KEYS.items():
        if environ.get(name) or environ.get(f"{name}_FILE"):
            continue
        path = home.secrets / name.lower()
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(f"{make()}\n", encoding="ascii")
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)  # unlike a rename it leaves the key of a quicker process alone
            draft.unlink()
        files[f"{name}_FILE"] = str(path)
    return files
