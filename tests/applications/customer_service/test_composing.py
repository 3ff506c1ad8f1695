"""ANSWER_DECODER: a decoder puts approved answers into words, and nothing else."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from applications.customer_service import composing
from applications.customer_service import decoder as decoders
from applications.customer_service.models import Exchange
from applications.customer_service.support import is_supported
from tasks_app.models import Project
from tests.applications.customer_service.test_service import ask

pytestmark = pytest.mark.django_db
TRUE = "Your parcel is on the van ."
MADE_UP = "Your parcel was stolen yesterday ."


def make_decoder(folder: Path, says: str, *, ends: bool = True) -> Path:
    """A Llama whose layers add nothing: each word of `says` leads to the next, whatever stood before."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<pad>", "<s>", "<end>", "<unk>", ":", *says.split()]
    backend = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="<end>", unk_token="<unk>"
    ).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=512, bos_token_id=1,
        eos_token_id=2, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(len(words), 32))
        model.lm_head.weight.zero_()
        last = 2 if ends else 5
        for here, after in [(4, 5), *((n, n + 1) for n in range(5, len(words) - 1)), (len(words) - 1, last)]:
            model.lm_head.weight[after, here] = 1.0
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def chosen(settings: Settings, tmp_path: Path):
    """Make a decoder and choose it for the site."""

    def choose(says: str, **how: bool) -> None:
        settings.BASE_MODELS_DIRS = [str(tmp_path)]
        settings.ANSWER_DECODER = str(make_decoder(tmp_path / "tiny-writer", says, **how))

    return choose


def test_a_decoder_puts_the_answer_into_words_and_the_citation_stays(stocked: Project, chosen) -> None:
    chosen(TRUE)
    told = ask(stocked, "where is my parcel")
    assert (told["answer"], told["writer"]) == (TRUE, "tiny-writer")
    assert told["citations"][0]["answer"] == "It is on the van."
    page = Client()
    page.force_login(stocked.owner)
    html = page.get(f"/projects/{stocked.pk}/customer-service/?conversation={told['conversation']}").text
    assert "In the words of tiny-writer" in html and "where is my parcel" in html


@pytest.mark.parametrize(("says", "ends"), [(MADE_UP, True), (TRUE, False)])
def test_what_is_not_approved_or_never_ends_is_not_said(
    stocked: Project, chosen, says: str, ends: bool
) -> None:
    chosen(says, ends=ends)
    told = ask(stocked, "where is my parcel")
    assert (told["answer"], told["writer"]) == ("It is on the van.", None)
    assert Exchange.objects.get().writer == ""


@pytest.mark.parametrize("name", ["/etc", "./no such folder"])
def test_a_decoder_that_cannot_be_loaded_leaves_the_approved_answer(
    stocked: Project, settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    load = decoders.load
    monkeypatch.setattr(decoders, "load", lambda name: loads.append(name) or load(name))
    settings.ANSWER_DECODER, settings.BASE_MODELS_DIRS = name, []
    for _ in range(3):
        assert ask(stocked, "where is my parcel")["answer"] == "It is on the van."
    assert loads == [name], "what failed a moment ago is not tried again at once"


def test_a_folder_that_was_not_set_aside_is_refused(chosen, settings: Settings) -> None:
    chosen(TRUE)
    settings.BASE_MODELS_DIRS = []
    with pytest.raises(decoders.EngineError, match="BASE_MODELS_DIRS"):
        decoders.load(settings.ANSWER_DECODER)


def test_nobody_waits_for_a_decoder_longer_than_they_want(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoders, "load", lambda _name: time.sleep(5))
    began = time.monotonic()
    assert decoders.Decoder().write("slow", "where?", [], deadline=began + 0.05) == ""
    assert time.monotonic() - began < 4


def test_after_the_deadline_no_decoder_is_asked(
    stocked: Project, chosen, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen(TRUE)
    monkeypatch.setattr("applications.customer_service.services.chat.WHOLE", -1.0)
    assert ask(stocked, "where is my parcel")["writer"] is None


def test_the_code_that_answers_starts_without_torch() -> None:
    look = (
        "import django, sys; django.setup(); import applications.customer_service.composing; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n" and composing.decoder is decoders.decoder


ANSWERS = ["Your order 5512 arrives within three days. Call [PHONE_1].", "Gift cards cannot be returned."]


@pytest.mark.parametrize(
    ("reply", "good"),
    [
        ("Order 5512 arrives within three days.", True),
        ("Gift cards cannot be returned, sorry.", True),
        ("Order 5513 arrives within three days.", False),  # another number
        ("Order 5512 arrives within three days. Call [PHONE_2].", False),
        ("Order 5512 arrives within three days, see https://example.org", False),
        ("Order 5512 arrives tomorrow afternoon, promised.", False),  # other words
        ("", False),
        ("Order 5512 arrives. " * 20, False),  # far longer than what is known
    ],
)
def test_what_an_answer_supports(reply: str, good: bool) -> None:
    assert is_supported(reply, question="When does my order come?", answers=ANSWERS) is good


@pytest.mark.parametrize(("reply", "good"), [("七天内可以退货。", True), ("七天内不可以退货。", False)])
def test_a_denial_is_no_small_word(reply: str, good: bool) -> None:
    assert is_supported(reply, question="可以退货吗？", answers=["七天内可以退货。"]) is good
    assert not is_supported("Yes, refunded.", question="Refunded?", answers=["Never refunded."])
