"""A Llama with random weights and a vocabulary of words, small enough to learn a toy habit in seconds."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.engine.data import Row

PLACES = {"parcel": "it is on its way", "refund": "your money comes back", "order": "we can cancel it"}
_WORDS = [
    "where",
    "is",
    "my",
    "please",
    ":",
    "?",
    "customer",
    "agent",
    "user",
    "assistant",
    "what",
    "about",
    "the",
]
TEMPLATE = (
    "{% for m in messages %}<start> {{ m['role'] }} {{ m['content'] }} <end> {% endfor %}"
    "{% if add_generation_prompt %}<start> assistant {% endif %}"
)


def make_decoder(folder: Path, *, template: bool = False) -> Path:
    said = [word for reply in PLACES.values() for word in reply.split()]
    special = ["<pad>", "<s>", "<end>", "<unk>", "<start>"]
    words = list(dict.fromkeys([*special, *_WORDS, *PLACES, *said]))
    backend = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="<end>", unk_token="<unk>",
        additional_special_tokens=["<start>"], model_max_length=64,
    )  # fmt: skip
    if template:
        tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(3)
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=48, intermediate_size=96, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1,
            eos_token_id=2, pad_token_id=0,
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


def reply_rows(number: int, *, prefix: str = "r") -> list[Row]:
    """A customer asks about one of three things, and each has its one reply."""
    things = list(PLACES)
    asked = ("where is my {}", "please where is my {}", "what about the {}")
    return [
        Row(
            id=f"{prefix}{n}", group=f"{prefix}{n}", value=PLACES[things[n % 3]],
            payload={"turns": [{"speaker": "customer", "text": asked[n // 3 % 3].format(things[n % 3])}]},
        )
        for n in range(number)
    ]  # fmt: skip


TEXT_FIELD: dict[str, Any] = {"name": "reply", "type": "text", "title": "Reply"}
QUICK_REPLIES: dict[str, Any] = {
    "epochs": 30, "learning_rate": 0.01, "batch_examples": 8, "max_length": 48, "stride": 8,
    "reply_tokens": 8,    "patience": 0, "threads": 1, "lora_rank": 0, "log_every": 1,
}  # fmt: skip
