"""Published crowd sets, where they are at hand; figures from the Crowd-Kit paper and Snow et al. 2008."""

from pathlib import Path

import pytest

from annotations.aggregation.inference import infer
from annotations.aggregation.table import read_judgments, read_truth, score

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "crowd"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public crowd sets are not at hand")


@pytest.mark.parametrize(
    ("name", "suffix", "method", "least"),
    [
        ("snow_rte", ".csv", "majority", 0.897),
        ("snow_rte", ".csv", "dawid-skene", 0.925),
        ("snow_temp", ".csv", "majority", 0.936),
        ("snow_temp", ".csv", "dawid-skene", 0.94),
        ("s_adult", ".csv.gz", "majority", 0.762),
        ("s_adult", ".csv.gz", "dawid-skene", 0.748),
        ("s_adult", ".csv.gz", "wawa", 0.766),
    ],
)
def test_it_reaches_the_published_accuracy(name, suffix, method, least):
    judgments = read_judgments(DATA / f"{name}_labels{suffix}")
    truth = read_truth(DATA / f"{name}_truth{suffix}")
    assert score(method, infer(judgments, method=method), truth).accuracy >= least
