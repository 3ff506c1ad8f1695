from pathlib import Path

import pytest

from local.bench.analysed import make
from local.bench.chats import write_chats

pytestmark = pytest.mark.django_db


def test_each_part_is_timed_and_what_it_found_is_told(tmp_path: Path) -> None:
    write_chats(tmp_path / "chats.jsonl", 1)
    figures = make(tmp_path / "chats.jsonl", ["topics"])
    assert figures["turns"] == 8
    assert {"vectors_cpu_seconds", "topics_seconds", "total_seconds", "peak_mb", "load"} <= figures.keys()
    assert "cleaning_seconds" not in figures
