"""A tiny BERT with a small vocabulary, and run folders to train it in; no test here needs the database."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from tests.training.engine.samples import QUICK, SPAN_FIELD
from training.engine.build import resolve_base
from training.engine.data import Row, write_arrow

WORDS = (
    "i want to cancel my order please where is the parcel it has not come refund money back hello thanks bye "
    "blue red green small large one two agent customer : ? . , ! ' play ##ing ##ed un ##known "
    "我 想 退 款 שלום عالم cafe"
)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-bert")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(WORDS.split())]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=True).save_pretrained(folder)
    torch.manual_seed(1)
    BertModel(
        BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=96,
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path, tiny_model: Path) -> MakeRun:
    """make_run(train=, dev=, test=, field=, **settings) -> a run folder with its data and configuration."""

    def make(
        name: str = "run", *, train: Iterable[Row], dev: Iterable[Row] = (), test: Iterable[Row] = (),
        field: dict[str, Any] = SPAN_FIELD, **settings: Any,
    ) -> Path:  # fmt: skip
        folder = tmp_path / name
        folder.mkdir()
        config = QUICK | {"head": field["type"], "field": field, "base_model": str(tiny_model)} | settings
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, rows in (("train", train), ("dev", dev), ("test", test)):
            write_arrow(folder / f"{split}.arrow", rows)
        return folder

    return make


@pytest.fixture(scope="session")
def starter_folder() -> Path:
    return Path(resolve_base("starter"))
