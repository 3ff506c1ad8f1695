"""Text to token ids, without truncation or padding; special tokens are put round them afterwards."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from training.engine.errors import EngineError
from training.engine.units import set_apart


@dataclass(frozen=True, slots=True)
class Tokens:
    """Sub-tokens of one text with their code-point ranges [start, end)."""

    ids: list[int]
    starts: list[int]
    ends: list[int]


@dataclass(frozen=True, slots=True)
class Framed:
    """A model input: ids and segment types, and where the first text stands in it."""

    ids: list[int]
    types: list[int]
    first: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Special tokens before, between and after the texts, and the segment type of each text."""

    specials: list[Framed]
    segment_types: list[int]


class TextEncoder:
    """A fast tokenizer as a pure function; it keeps no state between calls, so threads may share it.

    How a tokenizer frames one or two texts ([CLS] a [SEP] b [SEP], <s> a </s></s> b </s>, ...) is read once
    from an encoded probe, because turns are tokenized once and then put together in many ways.
    """

    def __init__(self, tokenizer: Any) -> None:
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise EngineError("The base model has no fast tokenizer, which character offsets need.")
        backend.no_truncation()
        backend.no_padding()
        self._backend = backend
        self.tokenizer = tokenizer  # for heads that speak in its own templates
        self.pad_id: int = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        self.separator: list[int] = [] if tokenizer.sep_token_id is None else [int(tokenizer.sep_token_id)]
        self._single = _read_frame(backend.encode("a"), texts=1)
        self._pair = _read_frame(backend.encode("a", "a"), texts=2)

    @property
    def fingerprint(self) -> str:
        """The whole tokenizer as one SHA-256: equal ones make equal tokens."""
        return hashlib.sha256(self._backend.to_str().encode()).hexdigest()

    def encode(self, texts: Iterable[str]) -> dict[str, Tokens]:
        """Tokenize each distinct text once."""
        distinct = list(dict.fromkeys(texts))
        apart = [set_apart(text) for text in distinct]
        encodings = self._backend.encode_batch([text for text, _ in apart], add_special_tokens=False)
        return {
            text: _tokens(encoding, places)
            for text, encoding, (_, places) in zip(distinct, encodings, apart, strict=True)
        }

    def overhead(self, *, pair: bool) -> int:
        """How many special tokens a framed input carries."""
        return sum(len(special.ids) for special in (self._pair if pair else self._single).specials)

    def frame(self, first: Sequence[int], second: Sequence[int] | None = None) -> Framed:
        """Put special tokens round one text, or round and between two."""
        frame = self._single if second is None else self._pair
        bodies = [first] if second is None else [first, second]
        ids, types = list(frame.specials[0].ids), list(frame.specials[0].types)
        begin = len(ids)
        for body, kind, special in zip(bodies, frame.segment_types, frame.specials[1:], strict=True):
            ids += [*body, *special.ids]
            types += [kind] * len(body) + special.types
        return Framed(ids, types, (begin, begin + len(first)))


def _tokens(encoding: Any, places: list[int] | None) -> Tokens:
    if places is None:
        return Tokens(
            encoding.ids, [begin for begin, _ in encoding.offsets], [end for _, end in encoding.offsets]
        )
    ranges = [(places[begin], places[end - 1] + 1) if end else (0, 0) for begin, end in encoding.offsets]
    return Tokens(encoding.ids, [begin for begin, _ in ranges], [end for _, end in ranges])


def _read_frame(probe: Any, *, texts: int) -> _Frame:
    specials, segment_types, current = [Framed([], [], (0, 0))], [], None
    for token, kind, sequence in zip(probe.ids, probe.type_ids, probe.sequence_ids, strict=True):
        if sequence is None:
            specials[-1].ids.append(token)
            specials[-1].types.append(kind)
        elif sequence != current:
            current = sequence
            segment_types.append(kind)
            specials.append(Framed([], [], (0, 0)))
    if len(segment_types) != texts:
        raise EngineError("The base model's tokenizer cannot frame a plain probe text.")
    return _Frame(specials, segment_types)
