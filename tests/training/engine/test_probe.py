"""The last layer is fitted before anything is fine-tuned."""

import math

import pytest
import torch

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, events, span_rows
from training.engine.build import build_network, load_encoder, load_tokenizer
from training.engine.config import FitConfig
from training.engine.fit import fit
from training.engine.heads.base import Settings
from training.engine.heads.registry import make_head
from training.engine.loss import CrossEntropy
from training.engine.probe import fit_output
from training.engine.tokens import TextEncoder


@pytest.fixture
def network_and_examples(tiny_model):
    config = FitConfig(head="choice", field=CHOICE_FIELD, max_length=64, stride=8)
    encoder = load_encoder(str(tiny_model))
    text = TextEncoder(load_tokenizer(str(tiny_model)))
    head = make_head("choice", Settings.of(config, max_length=64, blank=False))
    examples = head.examples(choice_rows(12), text, supervised=True)
    return build_network(encoder, config, classes=3), examples, text.pad_id


def fitted(network, examples, pad_id):
    return fit_output(
        network, examples, loss=CrossEntropy(), pad_id=pad_id, device=torch.device("cpu"), bf16=False, seed=1,
        check=lambda: None,
    )  # fmt: skip


def test_the_fitted_layer_is_better_than_chance_and_leaves_the_encoder_alone(network_and_examples):
    network, examples, pad_id = network_and_examples
    before = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    loss = fitted(network, examples, pad_id)
    assert loss < 0.95 * math.log(3)
    assert all(torch.equal(value, before[name]) for name, value in network.encoder.state_dict().items())


def test_fitting_again_gives_the_same_layer(network_and_examples):
    network, examples, pad_id = network_and_examples
    fitted(network, examples, pad_id)
    first = network.output.weight.detach().clone()
    fitted(network, examples, pad_id)
    assert torch.allclose(network.output.weight, first, atol=1e-5)


@pytest.mark.parametrize("first", [True, False])
def test_a_run_says_that_it_fitted_the_head(make_run, first):
    rows = span_rows(8)
    folder = make_run(train=rows, dev=rows, fit_head_first=first)
    assert fit(folder) == 0
    assert ("head fitted" in {event.get("message") for event in events(folder, "log")}) == first
