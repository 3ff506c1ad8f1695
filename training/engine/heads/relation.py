"""Links between marked stretches of text: every pair that may be linked is read with both ends marked.

The stretches are another field's answer and stand in the item, under "beside" by that field's name. "No
link" is a class of its own. Pairs without a link are many times more than those with one, so training takes
a sample of them, each counting for those that were left out.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.engine.batching import Example, Floats
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Losses, Outcome
from training.engine.heads.base import Baseline, Head, Prediction, Settings
from training.engine.heads.marked import Place, flatten, mark, texts_of
from training.engine.heads.span import likeliest_classes, log_softmax, read_span
from training.engine.metrics import Report, confusion, span_report
from training.engine.payload import Turn, turns_of
from training.engine.tokens import TextEncoder

NO_LINK = ""
BESIDE = "beside"
MOST_PAIRS = 400  # of one item; of more, those whose ends are nearest to each other
LEAST_NEGATIVES, NEGATIVES_PER_LINK = 8, 4  # of one item, in training
Pair = tuple[int, int]  # indexes into the answers of the fields at both ends
Links = dict[Pair, str]
Ends = tuple[list[Place], list[Place]]


class RelationHead(Head):
    """One example is one pair of stretches; its two opening marks are decided on together."""

    leads = 2
    calibrates = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        options = settings.field.options
        self.ends = (str(options.get("from") or ""), str(options.get("to") or options.get("from") or ""))
        self._allowed = (set(options.get("from_labels") or ()), set(options.get("to_labels") or ()))
        self._directed = bool(options.get("directed", True))
        if not self.ends[0]:
            raise EngineError(f"Field {settings.field.name!r} does not say whose spans it links.")

    @property
    def classes(self) -> tuple[str, ...]:
        return (NO_LINK, *self.field.labels)

    @property
    def metric(self) -> str:
        return "micro_f1"

    # -- inputs -------------------------------------------------------------------------------------------

    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        return self._examples(rows, text, supervised=supervised, sampled=False)

    def lessons(self, rows: Sequence[Row], text: TextEncoder) -> list[Example]:
        made = self._examples(rows, text, supervised=True, sampled=True)
        return [example for example in made if example.weight > 0]

    def _examples(
        self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool, sampled: bool
    ) -> list[Example]:
        dialogues = [turns_of(row.payload) for row in rows]
        ends = [self.read_ends(row, turns) for row, turns in zip(rows, dialogues, strict=True)]
        labels = {place.label for both in ends for side in both for place in side}
        tokens = text.encode(piece for turns in dialogues for piece in texts_of(turns, sorted(labels)))
        examples: list[Example] = []
        for number, (row, turns, both) in enumerate(zip(rows, dialogues, ends, strict=True)):
            flat = flatten(turns, tokens, text)
            links = self.links(row, row.value, both) if supervised else {}
            weighed = self._weighed(row, links, both) if sampled else dict.fromkeys(self.pairs(both), 1.0)
            for pair, weight in weighed.items():
                places = _ends_of(pair, both)
                framed, leads = mark(flat, places, tokens, text, max_length=self.settings.max_length)
                targets = self._targets(row, links.get(pair, NO_LINK), places) if supervised else None
                examples.append(Example(
                    row=number, turn=0, ids=np.array(framed.ids), types=np.array(framed.types), pool=(0, 0),
                    leads=np.array([leads], dtype=np.int64), offsets=np.array([pair], dtype=np.int64),
                    targets=targets, weight=row.weight * weight,
                ))  # fmt: skip
        return examples

    def _weighed(self, row: Row, links: Links, both: Ends) -> dict[Pair, float]:
        """The pairs to train on: all links, and a sample of the others that counts for all of them."""
        pairs = list(dict.fromkeys([*links, *self.pairs(both)]))
        others = [pair for pair in pairs if pair not in links]
        size = min(len(others), max(LEAST_NEGATIVES, NEGATIVES_PER_LINK * len(links)))
        chosen = _sample(row.id, others, size)
        return dict.fromkeys(links, 1.0) | dict.fromkeys(chosen, len(others) / max(1, size))

    def _targets(self, row: Row, label: str, ends: tuple[Place, Place]) -> Floats:
        """(1, C): the link's label or none, or the crowd's shares where it was in doubt."""
        unit = ">".join(f"{end.turn}.{end.start}.{end.end}" for end in ends)
        shares = (row.soft or {}).get(unit) or {label: 1.0}
        if unknown := sorted(set(shares) - set(self.classes)):
            raise EngineError(f"Row {row.id!r}: unknown label {unknown[0]!r} among its soft labels.")
        targets = np.array([[shares.get(name, 0.0) for name in self.classes]], dtype=np.float32)
        return targets / (targets.sum() or 1.0)

    # -- what may be linked, and what is ------------------------------------------------------------------

    def read_ends(self, row: Row, turns: Sequence[Turn]) -> Ends:
        """The marked stretches at both ends. Raises EngineError naming the row that has none beside it."""
        beside = row.payload.get(BESIDE)
        found = []
        for name in self.ends:
            if not isinstance(beside, Mapping) or not isinstance(beside.get(name), list | tuple):
                raise EngineError(f"Row {row.id!r}: its {name!r} spans must stand under {BESIDE!r}.")
            found.append([Place(*read_span(row, entry, turns)) for entry in beside[name]])
        return found[0], found[1]

    def pairs(self, both: Ends) -> list[Pair]:
        """What may be linked, in order; of an undirected field the earlier stretch stands first."""
        found = [
            (a, b)
            for a, source in enumerate(both[0]) if not self._allowed[0] or source.label in self._allowed[0]
            for b, target in enumerate(both[1]) if not self._allowed[1] or target.label in self._allowed[1]
            if source[:3] != target[:3] and (self._directed or source[:3] < target[:3])
        ]  # fmt: skip
        if len(found) > MOST_PAIRS:
            found = sorted(found, key=lambda pair: _distance(*_ends_of(pair, both)))[:MOST_PAIRS]
        return sorted(found)

    def links(self, row: Row, value: Any, both: Ends) -> Links:
        """Pair -> label of an answer. Raises EngineError naming the row."""
        found: Links = {}
        for entry in value or []:
            if not isinstance(entry, Mapping) or not {"from", "to", "label"} <= set(entry):
                raise EngineError(f"Row {row.id!r}: a link needs from, to and label.")
            if entry["label"] not in self.field.labels:
                raise EngineError(f"Row {row.id!r}: unknown label {entry['label']!r} of a link.")
            for end, side in zip(("from", "to"), both, strict=True):
                if type(entry[end]) is not int or not 0 <= entry[end] < len(side):
                    raise EngineError(f"Row {row.id!r}: there is no span {entry[end]!r} to link.")
            found[entry["from"], entry["to"]] = entry["label"]
        return found

    # -- answers ------------------------------------------------------------------------------------------

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]
    ) -> list[Prediction]:
        """Confidence of a link: its probability; of an answer: that of the pair it is least sure of."""
        shares: list[dict[Pair, Floats]] = [{} for _ in rows]
        for example, scores in zip(examples, outputs, strict=True):
            if example.offsets is not None:
                a, b = example.offsets[0].tolist()
                shares[example.row][a, b] = np.exp(log_softmax(self.scaled(scores)))[0]
        return [self._prediction(row, found) for row, found in zip(rows, shares, strict=True)]

    def _prediction(self, row: Row, shares: Mapping[Pair, Floats]) -> Prediction:
        chosen = {pair: int(share.argmax()) for pair, share in sorted(shares.items())}
        if self.field.required and chosen and not any(chosen.values()):
            pair = min(chosen, key=lambda pair: float(shares[pair][0]))
            chosen[pair] = 1 + int(shares[pair][1:].argmax())
        links = [
            {"from": a, "to": b, "label": self.classes[label], "confidence": float(shares[a, b][label])}
            for (a, b), label in chosen.items() if label
        ]  # fmt: skip
        value = [{key: link[key] for key in ("from", "to", "label")} for link in links]
        sure = min((float(shares[pair][label]) for pair, label in chosen.items()), default=1.0)
        beside = {name: row.payload[BESIDE][name] for name in dict.fromkeys(self.ends)}
        return Prediction(value, sure, {"links": links, BESIDE: beside})

    # -- figures ------------------------------------------------------------------------------------------

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        """Strict links, given the stretches; accuracy and confusion are over the pairs that may be linked."""
        truth: set[tuple[Any, ...]] = set()
        guessed: set[tuple[Any, ...]] = set()
        cells = Counter[tuple[str, str]]()
        for number, (row, value) in enumerate(zip(rows, values, strict=True)):
            both = self.read_ends(row, turns_of(row.payload))
            gold, predicted = (self.links(row, answer, both) for answer in (row.value, value))
            truth |= {(number, *pair, label) for pair, label in gold.items()}
            guessed |= {(number, *pair, label) for pair, label in predicted.items()}
            pairs = {*self.pairs(both), *gold, *predicted}
            cells.update((gold.get(pair, NO_LINK), predicted.get(pair, NO_LINK)) for pair in pairs)
        report = span_report(truth, guessed, self.field.labels)
        right = sum(count for (a, b), count in cells.items() if a == b)
        report["accuracy"] = right / cells.total() if cells else 0.0
        report["confusion"] = confusion(cells.elements(), [*self.field.labels, NO_LINK])
        return {**report, "units": cells.total()}

    def outcomes(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], losses: Losses | None = None
    ) -> list[Outcome]:
        """One for each row; its decisions are the pairs, its labels those of the links."""
        found = []
        for number, (row, prediction) in enumerate(zip(rows, predictions, strict=True)):
            turns = turns_of(row.payload)
            both = self.read_ends(row, turns)
            truth, guess = (self.links(row, value, both) for value in (row.value, prediction.value))
            pairs = {*self.pairs(both), *truth, *guess}
            if not pairs:
                continue
            found.append(Outcome(
                id=row.id, group=row.group, characters=sum(len(turn.text) for turn in turns),
                units=len(pairs), right=float(sum(truth.get(pair) == guess.get(pair) for pair in pairs)),
                truth=tuple(truth.values()), predicted=tuple(guess.values()),
                hits=tuple(label for pair, label in truth.items() if guess.get(pair) == label),
                confidence=prediction.confidence, loss=(losses or {}).get((number, 0)),
                value=prediction.value,
            ))  # fmt: skip
        return found

    def certainties(
        self, examples: Sequence[Example], outputs: Sequence[Any], outcomes: Sequence[Outcome]
    ) -> tuple[list[float], list[float]]:
        """Every pair that may be linked is a decision."""
        return likeliest_classes(self, examples, outputs)

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        counts: dict[Kind, Counter[str]] = defaultdict(Counter)
        for row in train:
            both = self.read_ends(row, turns_of(row.payload))
            links = self.links(row, row.value, both)
            for pair in self.pairs(both):
                counts[kind_of(*_ends_of(pair, both))][links.get(pair, NO_LINK)] += 1
        usual = {kind: labels.most_common(1)[0][0] for kind, labels in counts.items()}
        return "by the spans' labels and how many turns lie between them", ByDistance(self, usual)


Kind = tuple[str, str, int]  # labels of both ends, and turns from one to the other


class ByDistance(Baseline):
    """Links each pair as most pairs of its kind are linked."""

    def __init__(self, head: RelationHead, usual: Mapping[Kind, str]) -> None:
        self._head, self._usual = head, usual

    def value(self, row: Row) -> list[dict[str, Any]]:
        both = self._head.read_ends(row, turns_of(row.payload))
        labels = {pair: self._usual.get(kind_of(*_ends_of(pair, both))) for pair in self._head.pairs(both)}
        return [{"from": a, "to": b, "label": label} for (a, b), label in labels.items() if label]


def kind_of(source: Place, target: Place) -> Kind:
    return source.label, target.label, max(-3, min(3, target.turn - source.turn))


def _sample(name: str, pairs: Sequence[Pair], size: int) -> list[Pair]:
    """The same `size` pairs each time for the same row, whatever else is in the data."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return [pairs[index] for index in sorted(generator.choice(len(pairs), size, replace=False))]


def _ends_of(pair: Pair, both: Ends) -> tuple[Place, Place]:
    return both[0][pair[0]], both[1][pair[1]]


def _distance(source: Place, target: Place) -> tuple[int, int]:
    return abs(source.turn - target.turn), abs(source.start - target.start)
