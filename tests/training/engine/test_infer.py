import numpy as np
import pytest
import torch
from torch import nn

from tests.training.engine.test_token_cache import example
from training.engine.infer import logits_of


class Counting(nn.Module):
    """Says of each decision how long its text is; keeps the shapes that it was given."""

    def __init__(self):
        super().__init__()
        self.shapes = []

    def forward(self, batch):
        self.shapes.append(tuple(batch.ids.shape))
        return batch.mask.sum(dim=1, keepdim=True).float()


def texts(lengths):
    return [example(int(length) - 3, leads=(), offsets=False, targets=False) for length in lengths]


@pytest.mark.parametrize("count", [200, 3000])
def test_many_texts_are_read_with_little_padding_and_answered_in_order(count):
    lengths = np.random.default_rng(5).normal(36, 14, count).clip(4, 90).astype(int)
    network = Counting()
    found = logits_of(network, texts(lengths), pad_id=0, device=torch.device("cpu"))
    assert [int(one[0, 0]) for one in found] == lengths.tolist()
    assert sum(rows * width for rows, width in network.shapes) < 1.25 * lengths.sum()


def test_a_few_texts_are_read_in_one_pass():
    network = Counting()
    logits_of(network, texts([5, 9, 20, 31] * 8), pad_id=0, device=torch.device("cpu"))
    assert network.shapes == [(32, 31)]
