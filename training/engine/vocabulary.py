"""Characters that a base model cannot read, given tokens of their own from the training texts.

A word-piece vocabulary that was made for English writes most Chinese characters as one and the same unknown
token: of two different words nothing is left. Chinese is read one character at a time, so each that occurs in
the training texts and is unknown becomes a token, with a vector that is drawn where the others lie (as in
Hewitt 2021, "Initializing new word embeddings for pretrained language models") and learned like all others.
"""

import re
from collections.abc import Iterable
from typing import Any

import torch

from training.engine.data import Row
from training.engine.payload import turns_of

# Scripts that are written without spaces and read by the character: ideographs, kana.
_BY_CHARACTER = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]")
LEAST = (
    2  # texts that a character occurs in: one that is seen once teaches nothing, and could tell of a person
)


def unknown_characters(tokenizer: Any, texts: Iterable[str]) -> list[str]:
    """In order, those of LEAST texts at least that the tokenizer has no token for."""
    counts: dict[str, int] = {}
    for text in texts:
        for character in set(_BY_CHARACTER.findall(text)):
            counts[character] = counts.get(character, 0) + 1
    unknown = tokenizer.unk_token_id
    seen = sorted(character for character, count in counts.items() if count >= LEAST)
    return [one for one in seen if unknown in tokenizer.encode(one, add_special_tokens=False)]


def learn_characters(tokenizer: Any, encoder: Any, rows: Iterable[Row], *, seed: int) -> int:
    """Give tokenizer and encoder the unknown characters of the rows' texts; returns how many.

    The same seed gives the same vectors.
    """
    if tokenizer.unk_token_id is None:
        return 0  # it reads bytes: nothing is unknown to it
    texts = (turn.text for row in rows for turn in turns_of(row.payload))
    if not (new := unknown_characters(tokenizer, texts)):
        return 0
    tokenizer.add_tokens(new)
    table = encoder.get_input_embeddings().weight.detach()
    middle, spread = table.mean(dim=0), table.std(dim=0)
    noise = torch.randn(len(new), len(middle), generator=torch.Generator().manual_seed(seed))
    # Some tables are larger than the vocabulary.
    encoder.resize_token_embeddings(max(len(table), len(tokenizer)), mean_resizing=False)
    with torch.no_grad():
        encoder.get_input_embeddings().weight[tokenizer.convert_tokens_to_ids(new)] = middle + spread * noise
    return len(new)
