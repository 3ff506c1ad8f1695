"""Folders that are either whole or not there, even when the power goes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def write_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a new folder beside `target`, put it on disk, then move it into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        fill(draft)
        for path in draft.rglob("*"):
            if path.is_file():
                path.chmod(0o644)  # safetensors makes files that only their owner can read
                _flush(path)
        _flush(draft)
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _flush(target.parent)


def write_file(target: Path, text: str) -> None:
    """Replace one small file as a whole."""
    draft = target.with_name(f".{target.name}.draft")
    draft.write_text(text, encoding="utf-8")
    _flush(draft)
    draft.replace(target)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
