"""The bench's planted label errors: what is planted, and how finding is counted."""

from pathlib import Path

import numpy as np
import pytest

from local.bench import planted
from local.errors import LocalError


def test_a_tenth_is_planted_and_each_is_really_wrong() -> None:
    truth = np.repeat(np.arange(5), 40)
    given = planted.plant(truth, 5)
    assert (given != truth).sum() == 20 and set(given) <= set(range(5))
    assert np.array_equal(given, planted.plant(truth, 5))


def test_precision_and_recall_are_counted_against_what_was_planted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["card", "loan", "rate"]
    lines = [f"text {number},{names[number % 3]}" for number in range(300)]
    (tmp_path / "banking77_train.csv").write_text("text,category\n" + "\n".join(lines), encoding="utf-8")
    dice = np.random.default_rng(2)
    vectors = (np.eye(4)[np.arange(300) % 3] + 0.02 * dice.normal(size=(300, 4))).astype(np.float32)
    monkeypatch.setattr(planted, "_vectors", lambda _texts: vectors)
    figures = planted.found_errors(tmp_path)
    assert figures["planted"] == 30 and 24 <= figures["named"] <= 36
    assert figures["precision_top_planted"] >= 90 and figures["suggested_label_right"] >= 95
    assert figures["recall_named"] >= 80 and figures["plain_precision_top_planted"] <= 60


def test_a_folder_without_the_file_is_said_to_be_that(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="BANKING77"):
        planted.found_errors(tmp_path)
