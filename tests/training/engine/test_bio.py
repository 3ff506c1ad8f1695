import itertools

import numpy as np
import pytest

from training.engine.heads import bio


def legal(tags):
    return all(
        tag == 0 or tag % 2 == 1 or previous in (tag, tag - 1)
        for previous, tag in itertools.pairwise([0, *tags])
    )


@pytest.mark.parametrize("seed", range(20))
def test_decode_finds_the_best_legal_sequence(seed):
    scores = np.random.default_rng(seed).normal(size=(4, 5)).astype(np.float32)
    best = max(
        (tags for tags in itertools.product(range(5), repeat=4) if legal(tags)),
        key=lambda tags: sum(scores[index, tag] for index, tag in enumerate(tags)),
    )
    assert tuple(bio.decode(scores)) == best


def test_an_inside_tag_never_opens_a_span():
    scores = np.log(np.array([[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]], dtype=np.float32))
    assert bio.decode(scores).tolist() == [1, 2]
