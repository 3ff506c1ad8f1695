"""The two usual ways to fine-tune, a program: `python -m local.bench.usual_training plain|trainer RUN_DIR`.

Prints one JSON object. The clock runs from the loaded libraries to the trained weights, loading the model and
tokenizing included, as it does for ours.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
)

from local.bench.span_task import Message, SpanTask

PLAIN_LENGTH, PLAIN_BATCH, LEARNING_RATE = 128, 16, 5e-5


def main(way: str, folder: Path) -> None:
    task = SpanTask(folder)
    messages = task.messages(task.rows("train"))
    torch.manual_seed(task.config.seed)
    began = time.monotonic()
    model = AutoModelForTokenClassification.from_pretrained(task.base, num_labels=len(task.tags))
    tokens, padded = WAYS[way](task, model, messages, folder)
    seconds = time.monotonic() - began
    figures = {
        "seconds": seconds,
        "tokens": tokens,
        "padding_share": 1 - tokens / padded,
        "f1": task.f1(model, "test"),
    }
    print(json.dumps(figures))


def plain_loop(task: SpanTask, model: Any, messages: list[Message], folder: Path) -> tuple[int, int]:
    """Everything padded to one length, float32, tokenized anew in every epoch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    tokens = padded = 0
    model.train()
    for _ in range(task.config.epochs):
        for batch in _plain_batches(task, messages):
            optimizer.zero_grad()
            model(**batch).loss.backward()
            optimizer.step()
            tokens += int(batch["attention_mask"].sum())
            padded += batch["input_ids"].numel()
    return tokens, padded


def _plain_batches(task: SpanTask, messages: list[Message]) -> Iterator[dict[str, torch.Tensor]]:
    order = torch.randperm(len(messages)).tolist()
    for begin in range(0, len(order), PLAIN_BATCH):
        part = [messages[index] for index in order[begin : begin + PLAIN_BATCH]]
        encoded: Any = task.encode(
            part, padding="max_length", truncation=True, max_length=PLAIN_LENGTH, return_tensors="pt"
        )
        encoded.pop("offset_mapping")
        pairs = zip(part, encoded.encodings, strict=True)
        labels = torch.tensor([task.tags_for(message, encoding) for message, encoding in pairs])
        yield {**encoded, "labels": labels}


def trainer(task: SpanTask, model: Any, messages: list[Message], folder: Path) -> tuple[int, int]:
    """`transformers.Trainer` with its defaults: batches of 8, float32, linear decay."""
    encoded: Any = task.encode(messages, truncation=True)
    names = task.tokenizer.model_input_names
    rows = [
        {
            **{name: encoded[name][index] for name in names},
            "labels": task.tags_for(message, encoded.encodings[index]),
        }
        for index, message in enumerate(messages)
    ]
    collator = _Counting(task.tokenizer)
    arguments = TrainingArguments(
        str(folder / "trainer"), num_train_epochs=task.config.epochs, seed=task.config.seed,
        report_to="none", disable_tqdm=True,
    )  # fmt: skip
    Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collator).train()
    return collator.tokens, collator.padded


class _Counting(DataCollatorForTokenClassification):
    """The usual collator, which here also counts what it hands out."""

    tokens = padded = 0

    def torch_call(self, features: Any) -> Any:
        batch = super().torch_call(features)  # type: ignore[no-untyped-call]
        self.tokens += int(batch["attention_mask"].sum())
        self.padded += batch["input_ids"].numel()
        return batch


WAYS = {"plain": plain_loop, "trainer": trainer}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
