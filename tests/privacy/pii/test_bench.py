"""How labelled texts are scored, and the bench that prints it."""

import json
from pathlib import Path

import pytest

from local.bench import pii_bench
from local.bench.command import Settings, measure
from local.bench.labelled import Labelled, Span, halves, quality, read
from local.errors import LocalError

ROWS = [
    {"id": "1", "text": "my name is anna", "spans": [{"start": 11, "end": 15, "label": "PERSON"}]},
    {"id": "2", "text": "My name is RAVI!", "spans": [{"start": 11, "end": 15, "label": "PERSON"}]},
    {"id": "3", "text": "write a.b@c.org", "spans": [{"start": 6, "end": 15, "label": "EMAIL"}]},
    {"id": "4", "text": "nothing here", "spans": []},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    lines = [json.dumps({"lang": "en", **row}) for row in ROWS]
    (tmp_path / "pii_en_presidio.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_tokens_count_not_spans_and_punctuation_does_not(data: Path) -> None:
    rows = read(data / "pii_en_presidio.jsonl")

    def find(row: Labelled) -> list[Span]:
        return {"1": [(3, 15)], "3": [(6, 9)]}.get(row.id, [])

    # Labelled: anna, RAVI, and a b c org. Found: name is anna, and a b.
    found = quality(rows, find)
    assert (found.precision, found.recall) == (3 / 5, 3 / 6)
    assert found.f2 == pytest.approx(5 * 0.6 * 0.5 / (4 * 0.6 + 0.5))


def test_texts_that_differ_in_case_and_signs_share_a_frame_and_never_lie_in_both_halves(data: Path) -> None:
    first, second, *_others = rows = read(data / "pii_en_presidio.jsonl")
    assert first.template != second.template and first.frame == second.frame
    seen, unseen = halves(rows)
    assert not {row.frame for row in seen} & {row.frame for row in unseen}


def test_it_prints_every_file_that_is_there(data: Path) -> None:
    report = measure("pii", Settings(data=data))
    figures = report["figures"]
    assert report["settings"]["texts"] == {"pii_en_presidio": 4}
    assert {f"pii_en_presidio.{scope}.f2" for scope in ("direct", "all")} <= set(figures)
    assert figures["pii_en_presidio.direct.recall"] == 1.0
    assert not any("model" in name for name in figures)


def test_a_model_reads_only_texts_of_frames_that_it_was_not_trained_on(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fit(seen: list[Labelled], unseen: list[Labelled], epochs: int) -> dict[str, list[Span]]:
        assert not {row.frame for row in seen} & {row.frame for row in unseen}
        asked.extend(row.id for row in unseen)
        return {row.id: [] for row in unseen}

    monkeypatch.setattr(pii_bench, "_fit_and_ask", fit)
    figures = pii_bench.run(Settings(data=data, model=True, epochs=1))["figures"]
    assert sorted(asked) == ["1", "2", "3", "4"]
    alone, beside = (figures[f"pii_en_presidio.direct{name}.recall"] for name in ("", "+model"))
    assert beside == alone  # it proposed nothing


def test_without_data_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="pii_en_presidio"):
        measure("pii", Settings(data=tmp_path))
