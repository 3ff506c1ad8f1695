import json

import pytest
import torch

from tests.training.engine.samples import span_rows
from training.engine.artifact import load
from training.engine.build import load_encoder
from training.engine.fit import SUCCEEDED, fit
from training.engine.quick_layers import ByteDropout, quicken


def states_and_gradients(encoder, *, length=40):
    torch.manual_seed(0)
    ids = torch.randint(5, 40, (6, length))
    mask = torch.arange(length)[None, :] < torch.tensor([length, length - 3, 9, 5, 20, 30])[:, None]
    encoder.zero_grad()
    with torch.autocast("cpu", torch.bfloat16):
        states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[mask]
    states.float().square().mean().backward()
    return states.detach().float(), [p.grad for p in encoder.parameters() if p.grad is not None]


def test_a_quickened_encoder_computes_the_same(tiny_model):
    encoder = load_encoder(str(tiny_model)).eval()
    states, gradients = states_and_gradients(encoder)
    quicken(encoder)
    quick, quick_gradients = states_and_gradients(encoder)
    assert not torch.equal(quick, states)  # it did take the other way
    torch.testing.assert_close(quick, states, rtol=0, atol=0.05)
    for ours, theirs in zip(quick_gradients, gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=float(theirs.abs().max()) * 0.05 + 1e-6)


def test_in_float32_it_is_torchs_own_attention(tiny_model):
    encoder = load_encoder(str(tiny_model)).eval()
    ids = torch.randint(5, 40, (3, 12))
    mask = torch.ones_like(ids).bool()
    mask[1, 7:] = False
    before = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[mask]
    quicken(encoder)
    after = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[mask]
    torch.testing.assert_close(after, before, rtol=1e-5, atol=1e-6)


def test_what_is_padded_is_never_looked_at(tiny_model):
    encoder = load_encoder(str(tiny_model)).eval()
    quicken(encoder)
    ids = torch.randint(5, 40, (2, 12))
    mask = torch.ones_like(ids).bool()
    mask[:, 8:] = False
    with torch.autocast("cpu", torch.bfloat16):
        one = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[:, :8]
        other = encoder(input_ids=ids.where(mask, 7), attention_mask=mask).last_hidden_state[:, :8]
    assert torch.equal(one, other)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (400, 500)])
def test_dropout_keeps_shape_and_expectation(shape):
    dropout = ByteDropout(0.1).train()
    torch.manual_seed(1)
    dropped = dropout(torch.ones(shape))
    assert dropped.shape == shape
    torch.testing.assert_close(dropped[dropped > 0].unique(), torch.tensor([256 / 230])[: dropped.any()])
    if dropped.numel() > 1000:
        assert float(dropped.mean()) == pytest.approx(1, abs=0.005)
        assert float((dropped == 0).float().mean()) == pytest.approx(0.1, abs=0.005)


def test_dropout_follows_torchs_seed_and_rests_when_judging():
    dropout, states = ByteDropout(0.5).train(), torch.ones(9, 9)
    torch.manual_seed(4)
    first = dropout(states)
    torch.manual_seed(4)
    assert torch.equal(dropout(states), first)
    assert not torch.equal(dropout(states), first)
    assert torch.equal(dropout.eval()(states), states)
    assert torch.equal(ByteDropout(0.0).train()(states), states)


def test_a_bf16_run_uses_them_and_leaves_no_trace_in_the_model(make_run, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "training.engine.run.quicken", lambda encoder: (quicken(encoder), seen.append(encoder))
    )
    folder = make_run(train=span_rows(24), dev=span_rows(6), test=span_rows(9, prefix="t"), epochs=10,
                      precision="auto")  # fmt: skip
    assert fit(folder) == SUCCEEDED
    assert len(seen) == torch.cpu._is_avx512_bf16_supported()
    assert "short_or_sdpa" not in (folder / "model" / "config.json").read_text()
    predictor = load(folder / "model", "cpu")
    assert predictor.network.encoder.config._attn_implementation == "sdpa"
    report = json.loads((folder / "report.json").read_text())["test"]
    assert predictor.evaluate(span_rows(9, prefix="t"))["micro"]["f1"] == pytest.approx(
        report["micro"]["f1"], abs=0.1
    )
