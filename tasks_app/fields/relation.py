"""Links between the marked texts of a span field: this answer belongs to that question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Self

from tasks_app.fields.base import BLANK, Field, Judged, Others, Payload, Posteriors, common_parts, likeliest
from tasks_app.fields.bio import CERTAIN
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.links import Linked, Place, Span, align, likeness, nearest, place_of
from tasks_app.fields.problem import InvalidAnswer, Problem, said, step
from tasks_app.fields.strings import is_index

_KEYS = {"from", "to", "label"}
# Of n spans n * n pairs could be linked. Beyond this many only those count that somebody did link.
MOST_PAIRS = 400
Entry = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RelationField(Field):
    """Answer: [{"from", "to", "label"}], sorted; from and to are indexes into the answers of the fields
    `from_field` and `to_field`. A pair has at most one label. Without direction `from` is the earlier span.

    Resolved (see `Field.resolve`) an answer is a `Linked`, which holds the spans themselves, so that it does
    not matter in which order anybody marked them. Before judging, people's spans are aligned: two stretches
    with more than half in common are one, and it takes the boundaries that most people gave it.

    Units: every pair of spans that may be linked, "0.4.9>2.0.7", with its label, or a blank for no link. Who
    did not mark one of the two spans did not judge the pair. Confidence: the product over the doubtful units.
    Distance: 1 - F1 of the links, each matched as far as its ends overlap (`links.likeness`).
    """

    type: ClassVar[str] = "relation"
    widget: ClassVar[str] = "relation"
    head: ClassVar[str] = "relation"
    method: ClassVar[str] = "linked"
    keys: ClassVar[frozenset[str]] = Field.keys | {
        "labels", "from", "to", "from_labels", "to_labels", "directed"
    }  # fmt: skip
    scopes: ClassVar[tuple[str, ...]] = ("spans",)

    from_field: str
    to_field: str
    from_labels: tuple[str, ...] = ()  # of the spans at that end; none: all
    to_labels: tuple[str, ...] = ()
    directed: bool = True

    @classmethod
    def parse(cls, reader: ConfigReader) -> Self:
        some = said('Expected a list of labels of the spans such as ["question"].')
        from_field = reader.text("from", most=40)
        if not from_field:
            reader.refuse("from", "reference", said("Name the span field whose spans are linked."))
        field = cls(
            **common_parts(reader, cls.scopes),
            required=reader.flag("required"),
            options=reader.labels(),
            from_field=from_field,
            to_field=reader.text("to", most=40) or from_field,
            from_labels=reader.names("from_labels", some),
            to_labels=reader.names("to_labels", some),
            directed=reader.flag("directed", default=True),
        )
        ends = (field.from_field, set(field.from_labels)), (field.to_field, set(field.to_labels))
        if not field.directed and ends[0] != ends[1]:
            detail = said("Without a direction both ends are alike: one span field, and the same labels.")
            reader.refuse("directed", "direction", detail)
        return field

    def _own_json(self) -> dict[str, Any]:
        own = super()._own_json() | {"from": self.from_field, "to": self.to_field, "directed": self.directed}
        limits = {"from_labels": list(self.from_labels), "to_labels": list(self.to_labels)}
        return own | {key: names for key, names in limits.items() if names}

    @property
    def refers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.from_field, self.to_field)))

    def reference_problems(self, earlier: Mapping[str, Field], pointer: str) -> list[Problem]:
        spans = {name: field for name, field in earlier.items() if field.type == "span"}
        problems = []
        for end, (name, allowed) in self._ends.items():
            if name and name not in spans:
                detail = said(
                    "Expected the name of a span field before this one. There are: %(there)s.",
                    there=", ".join(spans) or "–",
                )
                problems.append(Problem(f"{pointer}/{end}", "reference", detail))
            elif unknown := [label for label in allowed if name and label not in spans[name].labels]:
                detail = said('"%(field)s" has no label %(label)s.', field=name, label=unknown[0])
                problems.append(Problem(f"{pointer}/{end}_labels", "reference", detail))
        return problems

    # -- answers ------------------------------------------------------------------------------------------

    def empty(self, payload: Payload) -> list[Entry]:
        return []

    def check(self, value: object, payload: Payload, pointer: str) -> list[Entry]:
        return self._checked(value, None, pointer)

    def check_among(self, value: object, others: Others, payload: Payload, pointer: str) -> list[Entry]:
        there = all(name in others.values for name in self.refers)
        return self._checked(value, others if there else None, pointer)

    def _checked(self, value: object, others: Others | None, pointer: str) -> list[Entry]:
        if not isinstance(value, list):
            raise InvalidAnswer([Problem(pointer, "type", 'Expected a list of {"from", "to", "label"}.')])
        problems: list[Problem] = []
        found: dict[tuple[int, int], str] = {}
        for index, raw in enumerate(value):
            place = step(pointer, index)
            entry = self._check_entry(raw, others, place, problems)
            if entry and entry[:2] in found:
                problems.append(Problem(place, "duplicate", "These two are linked already."))
            elif entry:
                found[entry[:2]] = entry[2]
        if self.required and not value:
            problems.append(Problem(pointer, "required", "Link at least two of the marked texts."))
        if problems:
            raise InvalidAnswer(problems)
        return [{"from": a, "to": b, "label": found[a, b]} for a, b in sorted(found)]

    def _check_entry(
        self, raw: object, others: Others | None, pointer: str, problems: list[Problem]
    ) -> tuple[int, int, str] | None:
        if not isinstance(raw, Mapping) or set(raw) != _KEYS:
            problems.append(Problem(pointer, "keys", 'Expected exactly "from", "to" and "label".'))
            return None
        label = self.label_of(raw["label"], f"{pointer}/label", problems)
        if label is None:
            return None
        ends = [self._check_end(end, raw[end], others, pointer, problems) for end in ("from", "to")]
        if ends[0] is None or ends[1] is None:
            return None
        if self.from_field == self.to_field and ends[0] == ends[1]:
            problems.append(Problem(f"{pointer}/to", "self", "A text cannot be linked to itself."))
            return None
        first, second = ends if self.directed else sorted(ends)  # type: ignore[type-var]
        return first, second, label  # type: ignore[return-value]

    def _check_end(
        self, end: str, index: object, others: Others | None, pointer: str, problems: list[Problem]
    ) -> int | None:
        """The index in the canonical answer of the span field, which sorts its spans."""
        name, allowed = self._ends[end]
        wrong = None
        if not is_index(index) or index < 0:
            wrong = "type", f'Expected the index of a span in the answer to "{name}", counted from 0.'
        elif others is None:
            return index
        elif index >= len(others.moved[name]):
            wrong = "span", f'The answer to "{name}" has {len(others.moved[name])} spans, counted from 0.'
        else:
            moved = others.moved[name][index]
            if not allowed or others.values[name][moved]["label"] in allowed:
                return moved
            wrong = "span_label", f"Expected a span with the label {' or '.join(allowed)}."
        problems.append(Problem(f"{pointer}/{end}", *wrong))
        return None

    @property
    def _ends(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        return {"from": (self.from_field, self.from_labels), "to": (self.to_field, self.to_labels)}

    # -- what it refers to --------------------------------------------------------------------------------

    def resolve(self, value: Any, answer: Mapping[str, Any]) -> Linked:
        sources, targets = answer.get(self.from_field) or [], answer.get(self.to_field) or []
        links = [
            (sources[entry["from"]], targets[entry["to"]], entry["label"])
            for entry in value or []
            if entry["from"] < len(sources) and entry["to"] < len(targets)
        ]
        return Linked(tuple(sources), tuple(targets), tuple(links))

    def refer(self, resolved: Any, answer: Mapping[str, Any]) -> list[Entry]:
        """A link goes where both its ends still are, as spans with at least half in common."""
        found: dict[tuple[int, int], str] = {}
        for source, target, label in resolved.links:
            a, b = self._find("from", source, answer), self._find("to", target, answer)
            if a is None or b is None or self.from_field == self.to_field and a == b:
                continue
            found.setdefault((a, b) if self.directed else (min(a, b), max(a, b)), label)
        return [{"from": a, "to": b, "label": found[a, b]} for a, b in sorted(found)]

    def _find(self, end: str, span: Span, answer: Mapping[str, Any]) -> int | None:
        name, allowed = self._ends[end]
        spans = answer.get(name) or []
        fitting = [n for n, other in enumerate(spans) if not allowed or other["label"] in allowed]
        place = nearest(place_of(span), [place_of(spans[n]) for n in fitting])
        there = [n for n in fitting if place_of(spans[n]) == place]
        same = [n for n in there if spans[n]["label"] == span["label"]]
        return next(iter(same or there), None)

    def aligned(self, resolved: Sequence[Any], payload: Payload) -> list[Linked]:
        return align(resolved)

    def within(self, posteriors: Posteriors, answer: Mapping[str, Any]) -> Posteriors:
        """Units take the boundaries of the spans agreed on; pairs of which one end is gone are left out."""
        found: dict[str, Mapping[str, float]] = {}
        for unit, row in sorted(posteriors.items()):
            source, target = _places(unit)
            a, b = self._agreed("from", source, answer), self._agreed("to", target, answer)
            if a and b and a != b:
                found.setdefault(_unit(*self._ordered(a, b)), row)
        return found

    def _agreed(self, end: str, place: Place, answer: Mapping[str, Any]) -> Place | None:
        name, allowed = self._ends[end]
        spans = answer.get(name) or []
        return nearest(place, [place_of(s) for s in spans if not allowed or s["label"] in allowed])

    # -- consensus ----------------------------------------------------------------------------------------

    @property
    def verdicts(self) -> tuple[str, ...]:
        return *self.labels, BLANK

    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        said = {self._ordered(place_of(a), place_of(b)): label for a, b, label in value.links}
        pairs = self._pairs(value)
        if len(pairs) > MOST_PAIRS:
            asked = {self._ordered(*pair) for pair in value.asked} | said.keys()
            pairs = [pair for pair in pairs if pair in asked]
        return [(_unit(*pair), said.get(pair, BLANK)) for pair in pairs]

    def _pairs(self, value: Linked) -> list[tuple[Place, Place]]:
        sources = [s for s in value.sources if not self.from_labels or s["label"] in self.from_labels]
        targets = [s for s in value.targets if not self.to_labels or s["label"] in self.to_labels]
        pairs = {self._ordered(place_of(a), place_of(b)) for a in sources for b in targets}
        return sorted((a, b) for a, b in pairs if a != b)

    def _ordered(self, a: Place, b: Place) -> tuple[Place, Place]:
        return (a, b) if self.directed or a < b else (b, a)

    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[Linked, float]:
        """Spans come without labels, which no unit names; `refer` finds them by their places."""
        found = {unit: likeliest(row, self.verdicts) for unit, row in sorted(posteriors.items())}
        links = {unit: label for unit, (label, _) in found.items() if label != BLANK}
        if self.required and not links and found:
            unit = min(found, key=lambda unit: posteriors[unit].get(BLANK, 0.0))
            found[unit] = likeliest(posteriors[unit], self.labels)
            links = {unit: found[unit][0]}
        confidence = prod(sure for _, sure in found.values() if sure < CERTAIN)
        decoded = tuple(
            (_span(source), _span(target), label)
            for (source, target), label in ((_places(unit), label) for unit, label in links.items())
        )
        spans = {place: _span(place) for unit in found for place in _places(unit)}
        everything = tuple(spans[place] for place in sorted(spans))
        return Linked(everything, everything, decoded), confidence if found or not self.required else 0.0

    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        return 1.0 - likeness(a.links, b.links)


def _unit(source: Place, target: Place) -> str:
    return f"{'.'.join(map(str, source))}>{'.'.join(map(str, target))}"


def _places(unit: str) -> tuple[Place, Place]:
    source, _, target = unit.partition(">")
    return _place(source), _place(target)


def _place(text: str) -> Place:
    turn, start, end = map(int, text.split("."))
    return turn, start, end


def _span(place: Place) -> Span:
    return {"turn": place[0], "start": place[1], "end": place[2], "label": ""}
