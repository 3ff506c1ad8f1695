"""The spans of `bench train` as most people would train them: a tag for each token, read off its offsets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.engine.build import load_tokenizer, resolve_base
from training.engine.config import FitConfig
from training.engine.data import Row, read_arrow
from training.engine.heads import bio
from training.engine.heads.base import Settings
from training.engine.heads.context import context_texts
from training.engine.heads.registry import make_head
from training.engine.heads.span import spans_by_turn
from training.engine.payload import turns_of

IGNORED = -100


@dataclass(frozen=True)
class Message:
    """One turn, with the context that our own recipe shows beside it, and its spans."""

    row: int
    turn: int
    text: str
    context: str
    spans: list[bio.Span]


class SpanTask:
    """A run folder as the two other contestants see it: the same rows, the same texts, the same scorer."""

    def __init__(self, folder: Path) -> None:
        self.config = FitConfig.read(folder / "config.json")
        self.base = resolve_base(self.config.base_model)
        self.tokenizer: Any = load_tokenizer(self.base)
        self.labels = self.config.field_spec.labels
        self.tags = ("O", *(f"{part}-{label}" for label in self.labels for part in "BI"))
        self._settings = Settings.of(self.config, max_length=self.config.max_length, blank=False)
        self._folder = folder

    def rows(self, split: str) -> list[Row]:
        return list(read_arrow(self._folder / f"{split}.arrow"))

    def messages(self, rows: Iterable[Row]) -> list[Message]:
        return [message for number, row in enumerate(rows) for message in self._of_row(number, row)]

    def _of_row(self, number: int, row: Row) -> Iterator[Message]:
        turns = turns_of(row.payload)
        spans = spans_by_turn(row, turns, self.labels)
        for index, turn in enumerate(turns):
            context = self.tokenizer.sep_token.join(context_texts(turns, index, self._settings))
            yield Message(number, index, turn.text, context, spans.get(index, []))

    def encode(self, messages: Sequence[Message], **options: Any) -> dict[str, Any]:
        """The tokenizer's own lists (or tensors, if `return_tensors` says so) without labels."""
        encoded: dict[str, Any] = self.tokenizer(
            [message.text for message in messages],
            [message.context for message in messages],
            return_offsets_mapping=True,
            **options,
        )
        return encoded

    def tags_for(self, message: Message, encoding: Any) -> list[int]:
        """A tag for each token of the text, IGNORED for special tokens, context and padding."""
        own = [index for index, sequence in enumerate(encoding.sequence_ids) if sequence == 0]
        starts, ends = zip(*(encoding.offsets[index] for index in own), strict=True)
        tags = [IGNORED] * len(encoding.ids)
        for index, tag in zip(own, bio.tags_of(message.spans, starts, ends), strict=True):
            tags[index] = tag
        return tags

    def f1(self, model: Any, split: str) -> float:
        """Micro F1 of whole spans, by the scorer that the engine itself reports with."""
        rows = self.rows(split)
        values: list[list[dict[str, Any]]] = [[] for _ in rows]
        messages = self.messages(rows)
        for begin in range(0, len(messages), 64):
            for message, spans in self._predict(model, messages[begin : begin + 64]):
                values[message.row] += spans
        head = make_head(self.config.head, self._settings)
        return float(head.report(rows, values)["micro"]["f1"])

    def _predict(self, model: Any, messages: list[Message]) -> Iterator[tuple[Message, list[dict[str, Any]]]]:
        encoded: Any = self.encode(messages, padding=True, return_tensors="pt")
        encoded.pop("offset_mapping")
        model.eval()
        with torch.inference_mode():
            best = model(**encoded).logits.argmax(dim=-1).tolist()
        for message, encoding, tags in zip(messages, encoded.encodings, best, strict=True):
            own = [index for index, sequence in enumerate(encoding.sequence_ids) if sequence == 0]
            starts, ends = zip(*(encoding.offsets[index] for index in own), strict=True)
            found = bio.spans_of(_legal([tags[index] for index in own]), starts, ends)
            yield (
                message,
                [
                    {
                        "turn": message.turn,
                        "start": span.start,
                        "end": span.end,
                        "label": self.labels[span.label],
                    }
                    for span, _ in found
                ],
            )


def _legal(tags: Sequence[int]) -> list[int]:
    """An I that goes on with nothing begins a span, as lenient readers of BIO have it."""
    legal: list[int] = []
    for tag in tags:
        before = legal[-1] if legal else bio.OUTSIDE
        inside = tag != bio.OUTSIDE and tag % 2 == 0
        legal.append(tag - 1 if inside and before not in (tag, tag - 1) else tag)
    return legal
