"""Published crowd sets, where they are at hand; figures from the Crowd-Kit paper and Snow et al. 2008."""

from pathlib import Path

import pytest

from annotations.aggregation.inference import DEFAULT, infer
from annotations.aggregation.table import read_judgments, read_truth, score

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "crowd"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public crowd sets are not at hand")


@pytest.mark.parametrize(
    ("name", "suffix", "method", "least"),
    [
        ("snow_rte", ".csv", "majority", 0.918),
        ("snow_rte", ".csv", "dawid-skene", 0.9275),
        ("snow_rte", ".csv", DEFAULT, 0.928),
        ("snow_temp", ".csv", "majority", 0.939),
        ("snow_temp", ".csv", "dawid-skene", 0.9415),
        ("snow_temp", ".csv", DEFAULT, 0.942),
        ("s_adult", ".csv.gz", "majority", 0.762),
        ("s_adult", ".csv.gz", "dawid-skene", 0.7655),
        ("s_adult", ".csv.gz", "wawa", 0.766),
        ("s_adult", ".csv.gz", DEFAULT, 0.766),
    ],
)
def test_it_reaches_the_published_accuracy(name, suffix, method, least):
    judgments = read_judgments(DATA / f"{name}_labels{suffix}")
    truth = read_truth(DATA / f"{name}_truth{suffix}")
    assert score(method, infer(judgments, method=method), truth).accuracy >= least
