"""Token classification: labelled stretches of text. One example is one turn, or one window of a long turn."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from training.engine.batching import Example, Floats, Ints
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Losses, Outcome
from training.engine.evaluation.spans import Named, labels_of, matched_report
from training.engine.heads import bio
from training.engine.heads.align import Units, align
from training.engine.heads.base import Baseline, Head, Prediction, Settings
from training.engine.heads.context import all_texts, context_ids, eligible
from training.engine.heads.placed import confidence_at
from training.engine.metrics import Report, confusion, pair_table, span_report
from training.engine.payload import Turn, turns_of
from training.engine.tokens import Framed, TextEncoder, Tokens
from training.engine.units import units_of

Place = tuple[int, int]  # row, turn
OUTSIDE = "O"


class Window(NamedTuple):
    """A model input, the positions decided in it, their code points (K, 2), and which units those are."""

    framed: Framed
    leads: Ints
    offsets: Ints
    units: slice


class JudgedTurn(NamedTuple):
    """True and guessed spans of one turn, and the same as a label (or OUTSIDE) for each of its words."""

    row: int
    turn: int
    heard: Turn
    truth: set[Named]
    guess: set[Named]
    words: list[str]
    guessed_words: list[str]
    unreachable: int


class SpanHead(Head):
    """BIO tagging of units; a long turn is read in overlapping windows, every unit decided exactly once."""

    calibrates = True

    @property
    def classes(self) -> tuple[str, ...]:
        return ("O", *(f"{part}-{label}" for label in self.field.labels for part in "BI"))

    @property
    def metric(self) -> str:
        return "micro_f1"

    # -- inputs -------------------------------------------------------------------------------------------

    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        dialogues = [turns_of(row.payload) for row in rows]
        asked = [eligible(turns, self.settings) for turns in dialogues]
        tokens = text.encode(
            piece for turns, places in zip(dialogues, asked, strict=True)
            for piece in all_texts(turns, places, self.settings)
        )  # fmt: skip
        examples: list[Example] = []
        for number, (row, turns, places) in enumerate(zip(rows, dialogues, asked, strict=True)):
            spans = spans_by_turn(row, turns, self.field.labels) if supervised else {}
            for turn in places:
                units = align(turns[turn].text, tokens[turns[turn].text])
                targets = self._targets(row, turn, spans.get(turn, []), units) if supervised else None
                context = context_ids(turns, turn, self.settings, tokens, text)
                windows = self._windows(tokens[turns[turn].text], units, context, text)
                examples += [_example((number, turn), row, window, targets) for window in windows]
        return examples

    def _targets(self, row: Row, turn: int, spans: list[bio.Span], units: Units) -> Floats:
        """(K, C) tag distributions: one-hot, or the crowd's where the row says how sure it was."""
        targets = np.zeros((len(units.leads), len(self.classes)), dtype=np.float32)
        targets[np.arange(len(targets)), bio.tags_of(spans, units.starts, units.ends)] = 1
        column = {name: index for index, name in enumerate(self.classes)}
        for start, end, tags in (row.soft or {}).get(str(turn), []):
            if unknown := set(tags) - set(column):
                raise EngineError(f"Row {row.id!r}: unknown soft tags {', '.join(sorted(unknown))}.")
            for index, first in enumerate(units.starts):
                if start <= first < end and sum(tags.values()) > 0:
                    targets[index] = 0
                    for tag, share in tags.items():
                        targets[index, column[tag]] = share / sum(tags.values())
        return targets

    def _windows(
        self, tokens: Tokens, units: Units, context: list[int] | None, text: TextEncoder
    ) -> Iterator[Window]:
        """Long turns in pieces; nothing is ever cut off.

        Neighbouring windows share `stride` tokens; a unit belongs to the window in which it is farther from
        the edge, so the windows partition the units in order.
        """
        room = self.settings.max_length - text.overhead(pair=context is not None) - len(context or [])
        stride = min(self.settings.stride, room // 2)
        leads = np.array(units.leads, dtype=np.int64)
        offsets = np.array([units.starts, units.ends], dtype=np.int64).T  # (K, 2)
        total, begin, decided = len(tokens.ids), 0, 0
        while decided < len(leads):
            end = min(begin + room, total)
            limit = total if end == total else end - stride // 2
            stop = int(np.searchsorted(leads, limit))
            framed = text.frame(tokens.ids[begin:end], context)
            if stop > decided:
                chosen = slice(decided, stop)
                yield Window(framed, leads[chosen] - begin + framed.first[0], offsets[chosen], chosen)
            decided, begin = stop, end - stride

    # -- answers ------------------------------------------------------------------------------------------

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], logits: Sequence[Floats]
    ) -> list[Prediction]:
        """Confidence of a span: mean probability of its tags; of an answer: the same over all its units."""
        windows: dict[Place, list[tuple[Example, Floats]]] = defaultdict(list)
        for example, scores in zip(examples, logits, strict=True):
            windows[example.row, example.turn].append((example, scores))
        found: list[list[dict[str, Any]]] = [[] for _ in rows]
        sure: list[list[float]] = [[] for _ in rows]
        heard: list[list[dict[str, Any]]] = [[] for _ in rows]
        for (row, turn), pieces in sorted(windows.items()):
            spans, shares = self._decode(pieces)
            found[row] += [{"turn": turn, **span} for span in spans]
            sure[row] += shares
            heard[row].append({"turn": turn, "confidence": _mean(shares)})
        return [
            Prediction(
                [{key: span[key] for key in ("turn", "start", "end", "label")} for span in spans],
                _mean(shares), {"spans": spans, "turns": turns},
            )
            for spans, shares, turns in zip(found, sure, heard, strict=True)
        ]  # fmt: skip

    def _decode(self, pieces: list[tuple[Example, Floats]]) -> tuple[list[dict[str, Any]], list[float]]:
        logs = log_softmax(self.scaled(np.concatenate([scores for _, scores in pieces])))
        tags = bio.decode(logs)
        shares = np.exp(logs[np.arange(len(tags)), tags])
        offsets = np.concatenate([example.offsets for example, _ in pieces if example.offsets is not None])
        spans = [
            {"start": span.start, "end": span.end, "label": self.field.labels[span.label],
             "confidence": float(shares[units.start : units.stop].mean())}
            for span, units in bio.spans_of(tags.tolist(), offsets[:, 0].tolist(), offsets[:, 1].tolist())
        ]  # fmt: skip
        return spans, shares.tolist()

    def certainties(
        self, examples: Sequence[Example], outputs: Sequence[Any], outcomes: Sequence[Outcome]
    ) -> tuple[list[float], list[float]]:
        """The tag of each word is a decision."""
        return likeliest_classes(self, examples, outputs)

    # -- figures ------------------------------------------------------------------------------------------

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        """Strict spans; accuracy, confusion and `tokens` are per unit (word), with "O" for outside.

        unreachable: true spans whose ends lie inside a unit or that overlap another, so that no tagging can
        give them; they count as missed like any other. tokens: scores per label of the words, as
        scikit-learn counts them over the labels without "O". matched: see spans.matched_report.
        """
        pairs, unreachable = Counter[tuple[str, str]](), 0
        turns = list(self._turns(rows, values))
        for turn in turns:
            pairs.update(zip(turn.words, turn.guessed_words, strict=True))
            unreachable += turn.unreachable
        truth = {(turn.row, turn.turn, *span) for turn in turns for span in turn.truth}
        guessed = {(turn.row, turn.turn, *span) for turn in turns for span in turn.guess}
        report = span_report(truth, guessed, self.field.labels)
        right = sum(count for (a, b), count in pairs.items() if a == b)
        report["accuracy"] = right / pairs.total() if pairs else 0.0
        report["confusion"] = confusion(pairs, (OUTSIDE, *self.field.labels))
        report["tokens"] = pair_table(pairs, self.field.labels)
        report["matched"] = matched_report([(t.truth, t.guess) for t in turns], self.field.labels)
        return {**report, "units": pairs.total(), "unreachable": unreachable}

    def outcomes(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], losses: Losses | None = None
    ) -> list[Outcome]:
        """One for each turn; its decisions are the words, its labels those of the spans."""
        found = []
        for turn in self._turns(rows, [prediction.value for prediction in predictions]):
            row, prediction, heard = rows[turn.row], predictions[turn.row], turn.heard
            found.append(Outcome(
                id=row.id, group=row.group, turn=turn.turn, speaker=heard.speaker,
                characters=len(heard.text), units=len(turn.words),
                right=float(sum(a == b for a, b in zip(turn.words, turn.guessed_words, strict=True))),
                truth=labels_of(turn.truth), predicted=labels_of(turn.guess),
                hits=labels_of(turn.truth & turn.guess), value=prediction.value,
                confidence=confidence_at(prediction, turn.turn),
                loss=(losses or {}).get((turn.row, turn.turn)),
            ))  # fmt: skip
        return found

    def _turns(self, rows: Sequence[Row], values: Sequence[Any]) -> Iterator[JudgedTurn]:
        names = (OUTSIDE, *self.field.labels)
        for number, (row, value) in enumerate(zip(rows, values, strict=True)):
            turns = turns_of(row.payload)
            gold = spans_by_turn(row, turns, self.field.labels)
            predicted = spans_by_turn(replace(row, value=value), turns, self.field.labels)
            for turn in eligible(turns, self.settings):
                true, guessed = set(gold.get(turn, [])), set(predicted.get(turn, []))
                units = units_of(turns[turn].text)
                tags, others = (bio.tags_of(side.get(turn, []), *units) for side in (gold, predicted))
                reachable = {span for span, _ in bio.spans_of(tags, *units)}
                yield JudgedTurn(
                    row=number, turn=turn, heard=turns[turn], truth=self._named(true),
                    guess=self._named(guessed), words=[names[(tag + 1) // 2] for tag in tags],
                    guessed_words=[names[(tag + 1) // 2] for tag in others],
                    unreachable=len(true - reachable),
                )  # fmt: skip

    def _named(self, spans: set[bio.Span]) -> set[Named]:
        return {(span.start, span.end, self.field.labels[span.label]) for span in spans}

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        counts = Counter(
            span["label"] for row in train for span in row.value or [] if span["label"] in self.field.labels
        )
        label = counts.most_common(1)[0][0] if counts else self.field.labels[0]
        return f"every whole turn is one {label!r}", WholeTurn(self.settings, label)


class WholeTurn(Baseline):
    """Marks each turn from end to end. (Tagging every word with the majority tag, O, finds nothing: F1 0.)"""

    def __init__(self, settings: Settings, label: str) -> None:
        self._settings, self._label = settings, label

    def value(self, row: Row) -> list[dict[str, Any]]:
        turns = turns_of(row.payload)
        return [
            {"turn": turn, "start": 0, "end": len(turns[turn].text), "label": self._label}
            for turn in eligible(turns, self._settings) if turns[turn].text
        ]  # fmt: skip


def spans_by_turn(row: Row, turns: Sequence[Turn], labels: Sequence[str]) -> dict[int, list[bio.Span]]:
    """The row's spans, checked against text and labels. Raises EngineError naming the row."""
    found: dict[int, list[bio.Span]] = defaultdict(list)
    for entry in row.value or []:
        turn, start, end, label = read_span(row, entry, turns)
        if label not in labels:
            raise EngineError(f"Row {row.id!r}: unknown label {label!r}; the field has {', '.join(labels)}.")
        found[turn].append(bio.Span(start, end, labels.index(label)))
    return found


def read_span(row: Row, entry: Any, turns: Sequence[Turn]) -> tuple[int, int, int, str]:
    """(turn, start, end, label) of a marked stretch of the row's text. Raises EngineError naming the row."""
    if not isinstance(entry, Mapping) or not {"turn", "start", "end", "label"} <= set(entry):
        raise EngineError(f"Row {row.id!r}: a span needs turn, start, end and label.")
    turn, start, end, label = (entry[key] for key in ("turn", "start", "end", "label"))
    if not (isinstance(turn, int) and 0 <= turn < len(turns)):
        raise EngineError(f"Row {row.id!r}: there is no turn {turn!r}.")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(turns[turn].text)):
        raise EngineError(f"Row {row.id!r}: span {start!r}..{end!r} lies outside the text of turn {turn}.")
    return turn, start, end, label


def _mean(shares: Sequence[float]) -> float:
    return float(np.mean(shares)) if shares else 1.0


def likeliest_classes(
    head: Head, examples: Sequence[Example], outputs: Sequence[Any]
) -> tuple[list[float], list[float]]:
    """Of each unit the share of its likeliest class, and 1 where that is the true one (see certainties)."""
    if not examples:
        return [], []
    shares = np.exp(log_softmax(head.scaled(np.concatenate(outputs))))  # (N, C)
    truth = np.concatenate([e.targets for e in examples if e.targets is not None])
    return shares.max(axis=1).tolist(), (shares.argmax(axis=1) == truth.argmax(axis=1)).tolist()


def log_softmax(logits: Floats) -> Floats:
    """Row-wise log-probabilities of (K, C) logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), dtype=np.float32)


def _example(place: Place, row: Row, window: Window, targets: Floats | None) -> Example:
    return Example(
        row=place[0], turn=place[1], ids=np.array(window.framed.ids), types=np.array(window.framed.types),
        pool=(0, 0), leads=window.leads, offsets=window.offsets, weight=row.weight,
        targets=None if targets is None else targets[window.units],
    )  # fmt: skip
