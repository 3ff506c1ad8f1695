import pytest
import torch

from local.bench import gpu_use


def test_the_operations_of_a_step_are_those_of_the_formula():
    """A BERT-base, 128 tokens a text: 85 M weights without embeddings, so about 5.2e8 a token."""
    one = gpu_use.operations(weights=85_054_464, tokens=1, layers=12, hidden=768, length=128)
    assert one == pytest.approx(6 * 85_054_464 + 12 * 12 * 768 * 128)


def test_a_card_is_known_by_its_name_or_not_at_all():
    assert gpu_use.peak_of("NVIDIA H100 80GB HBM3") == 989e12
    assert gpu_use.peak_of("NVIDIA H100 PCIe") == 756e12
    assert gpu_use.peak_of("NVIDIA A10G") == 70e12
    assert gpu_use.peak_of("Some Card") is None


def test_without_a_gpu_there_is_no_figure(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_use.figures() == {}
