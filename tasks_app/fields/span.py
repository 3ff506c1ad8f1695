"""Marked characters: stretches of a turn's text, each with a label."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from tasks_app.fields.base import Field, Judged, Payload, Posteriors, common_parts
from tasks_app.fields.bio import (
    OUTSIDE,
    Span,
    chance_all_right,
    is_plain,
    legal_path,
    spans_of,
    tag_set,
    tags_of,
)
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.problem import InvalidAnswer, Problem, step
from tasks_app.fields.strings import is_index
from tasks_app.fields.tokens import Token, tokenize

_KEYS = {"turn", "start", "end", "label"}


@dataclass(frozen=True, kw_only=True)
class SpanField(Field):
    """Answer: [{turn, start, end, label}] in code points, end exclusive, sorted; a plain text is turn 0.

    Offsets are kept as marked, also inside a word or between a letter and its accent; only white space at the
    ends is cut off. Consensus works on tokens: a span counts for every token it touches, and decoded spans
    begin and end at token boundaries.

    Units: "turn:start:end" of each token with a B-x, I-x or O verdict; where spans may overlap one such layer
    per label ("turn:start:end:label"). Two spans of one label never overlap: together they are one span.
    Confidence: how probable it is that all spans are right (`bio.chance_all_right`, over all turns and
    layers). Distance: 1 - F1 of the marked characters per label.
    """

    type: ClassVar[str] = "span"
    widget: ClassVar[str] = "span"
    head: ClassVar[str] = "span"
    method: ClassVar[str] = "spans"
    keys: ClassVar[frozenset[str]] = Field.keys | {"labels", "overlapping", "speakers"}
    scopes: ClassVar[tuple[str, ...]] = ("turn",)

    overlapping: bool = False

    @classmethod
    def parse(cls, reader: ConfigReader) -> Self:
        return cls(
            **common_parts(reader, cls.scopes),
            required=reader.flag("required"),
            options=reader.labels(),
            speakers=reader.speakers(),
            overlapping=reader.flag("overlapping"),
        )

    def _own_json(self) -> dict[str, Any]:
        return super()._own_json() | {"overlapping": self.overlapping}

    # -- answers ------------------------------------------------------------------------------------------

    def empty(self, payload: Payload) -> list[Span]:
        return []

    def check(self, value: object, payload: Payload, pointer: str) -> list[Span]:
        if not isinstance(value, list):
            detail = 'Expected a list of {"turn", "start", "end", "label"}.'
            raise InvalidAnswer([Problem(pointer, "type", detail)])
        problems: list[Problem] = []
        texts = turn_texts(payload)
        placed = []
        for index, raw in enumerate(value):
            span = self._check_span(raw, texts, payload, step(pointer, index), problems)
            if span:
                placed.append((span, index))
        placed.sort(key=lambda pair: self._order(pair[0]))
        self._check_overlaps(placed, pointer, problems)
        if self.required and not value:
            problems.append(Problem(pointer, "required", "Mark at least one span."))
        if problems:
            raise InvalidAnswer(problems)
        return [span for span, _ in placed]

    def _order(self, span: Span) -> tuple[int, int, int, int]:
        return span["turn"], span["start"], span["end"], self.labels.index(span["label"])

    def _check_span(
        self, raw: object, texts: list[str], payload: Payload, pointer: str, problems: list[Problem]
    ) -> Span | None:
        if isinstance(raw, Mapping) and "turn" not in raw and "text" in payload:
            raw = {**raw, "turn": 0}
        if not isinstance(raw, Mapping) or set(raw) != _KEYS:
            problems.append(Problem(pointer, "keys", 'Expected exactly "turn", "start", "end" and "label".'))
            return None
        label = self.label_of(raw["label"], f"{pointer}/label", problems)
        if label is None:
            return None
        wrong = self.turn_problem(raw["turn"], payload, f"{pointer}/turn")
        wrong = wrong or _offset_problem(raw["start"], raw["end"], texts[raw["turn"]], pointer)
        if wrong:
            problems.append(wrong)
            return None
        start, end = _without_outer_space(texts[raw["turn"]], raw["start"], raw["end"])
        return {"turn": raw["turn"], "start": start, "end": end, "label": label}

    def _check_overlaps(self, placed: list[tuple[Span, int]], pointer: str, problems: list[Problem]) -> None:
        """Each span of sorted `placed` against the one before it, in its layer, that reaches furthest."""
        for layer in self._layers():
            furthest: Span | None = None
            for span, index in placed:
                if span["label"] not in layer:
                    continue
                if furthest and furthest["turn"] == span["turn"] and span["start"] < furthest["end"]:
                    problems.append(_overlap(furthest, span, step(pointer, index)))
                    if span["end"] <= furthest["end"]:
                        continue
                furthest = span

    def moved(self, value: Any, payload: Payload) -> list[int]:
        canonical = self.check(value, payload, "")
        texts = turn_texts(payload)
        each = (self._check_span(raw, texts, payload, "", []) for raw in value)
        return [canonical.index(span) for span in each if span]

    # -- consensus ----------------------------------------------------------------------------------------

    @property
    def verdicts(self) -> tuple[str, ...]:
        return tag_set(self.labels)

    def _layers(self) -> list[tuple[str, ...]]:
        """Labels that exclude each other: all of them, or each by itself where spans may overlap."""
        return [(label,) for label in self.labels] if self.overlapping else [self.labels]

    def _places(self, payload: Payload) -> Iterator[tuple[tuple[str, ...], str, int, tuple[Token, ...]]]:
        """Each layer on each turn: labels, what the layer adds to its units, turn, tokens."""
        texts = turn_texts(payload)
        turns = self.turns(payload)
        for layer in self._layers():
            suffix = f":{layer[0]}" if self.overlapping else ""
            for turn in turns:
                yield layer, suffix, turn, tokenize(texts[turn])

    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        judged: list[Judged] = []
        for layer, suffix, turn, tokens in self._places(payload):
            own = [span for span in value if span["turn"] == turn and span["label"] in layer]
            tags = tags_of(own, tokens) if own else [OUTSIDE] * len(tokens)
            judged += zip(_units(turn, tokens, suffix), tags, strict=True)
        return judged

    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[list[Span], float]:
        spans: list[Span] = []
        confidence = 1.0
        for layer, suffix, turn, tokens in self._places(payload):
            rows = [posteriors.get(unit, {}) for unit in _units(turn, tokens, suffix)]
            tags = _likeliest_tags(rows, tag_set(layer))
            spans += spans_of(tags, tokens, turn)
            confidence *= chance_all_right(row.get(tag, 0.0) for row, tag in zip(rows, tags, strict=True))
        return sorted(spans, key=self._order), float(confidence)

    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        left, right = _characters(a), _characters(b)
        if not left and not right:
            return 0.0
        return 1.0 - 2 * len(left & right) / (len(left) + len(right))


def _units(turn: int, tokens: Sequence[Token], suffix: str) -> list[str]:
    return [f"{turn}:{start}:{end}{suffix}" for start, end in tokens]


def _likeliest_tags(rows: Sequence[Mapping[str, float]], tags: tuple[str, ...]) -> list[str]:
    """The best tag of each token where these make plain spans (nearly always), else the best legal path."""
    best = [max(tags, key=lambda tag: row.get(tag, 0.0)) if row else OUTSIDE for row in rows]
    if is_plain(best):
        return best
    table = np.array([[row.get(tag, 0.0) if row else float(tag == OUTSIDE) for tag in tags] for row in rows])
    return [tags[column] for column in legal_path(table)]


def _offset_problem(start: object, end: object, text: str, pointer: str) -> Problem | None:
    for key, value in (("start", start), ("end", end)):
        if not is_index(value):
            return Problem(f"{pointer}/{key}", "type", "Expected a whole number of characters (code points).")
        if not 0 <= value <= len(text):
            detail = f"Outside the text, which has {len(text)} characters (code points)."
            return Problem(f"{pointer}/{key}", "outside", detail)
    if not (is_index(start) and is_index(end) and start < end):
        return Problem(f"{pointer}/end", "empty", "The end must lie behind the start.")
    if not text[start:end].strip():
        return Problem(pointer, "empty", "Only white space is marked.")
    return None


def _without_outer_space(text: str, start: int, end: int) -> Token:
    marked = text[start:end]
    return start + len(marked) - len(marked.lstrip()), end - len(marked) + len(marked.rstrip())


def _overlap(first: Span, second: Span, pointer: str) -> Problem:
    if first == second:
        return Problem(pointer, "duplicate", "This span is there already.")
    where = f"{second['label']} {second['start']}-{second['end']} overlaps {first['label']}"
    where += f" {first['start']}-{first['end']} in turn {second['turn']}"
    if first["label"] == second["label"]:
        return Problem(pointer, "overlap", f"{where}; make them one span.")
    return Problem(pointer, "overlap", f"{where}; no overlaps are allowed here, so shorten or remove one.")


def _characters(spans: Sequence[Span]) -> set[tuple[int, int, str]]:
    return {(span["turn"], at, span["label"]) for span in spans for at in range(span["start"], span["end"])}
