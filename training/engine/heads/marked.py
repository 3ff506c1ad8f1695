"""A dialogue with two stretches of it marked, cut down to what stands round them.

The marks are signs of the model's own vocabulary with the stretch's label, "* answer: ... *" and
"# question: ... #", so that no new tokens have to be learned (Zhou & Chen 2022, "An Improved Baseline for
Sentence-level Relation Extraction"); the two opening signs are what is decided on (Baldini Soares et al.
2019, "Matching the Blanks").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from training.engine.payload import Turn
from training.engine.tokens import Framed, TextEncoder, Tokens

Range = tuple[int, int]
_SIGNS = ("*", "#")
_MARK_SHARE = 8  # no mark takes more than an eighth of the input, however long a label's name is


class Place(NamedTuple):
    """A stretch of one turn's text, in code points [start, end), with its label."""

    turn: int
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Flat:
    """All turns' tokens behind one another, speakers in front, and where each turn begins."""

    ids: list[int]
    begins: list[int]
    turns: list[Tokens]

    def range_of(self, place: Place) -> Range:
        """Positions [first, stop) of the tokens that the stretch touches; at least one."""
        tokens, base = self.turns[place.turn], self.begins[place.turn]
        touched = [
            index for index, (start, end) in enumerate(zip(tokens.starts, tokens.ends, strict=True))
            if start < place.end and end > place.start
        ]  # fmt: skip
        if touched:
            return base + touched[0], base + touched[-1] + 1
        first = min(base, max(0, len(self.ids) - 1))  # a stretch of nothing that the tokenizer keeps
        return first, min(first + 1, len(self.ids))


def texts_of(turns: Sequence[Turn], labels: Iterable[str]) -> list[str]:
    """Every text that `flatten` and `mark` will need, so that each is tokenized once."""
    speakers = [_speaker(turn) for turn in turns if turn.speaker]
    return [
        *(turn.text for turn in turns), *speakers, *_SIGNS,
        *(_mark(sign, label) for sign in _SIGNS for label in labels),
    ]  # fmt: skip


def flatten(turns: Sequence[Turn], tokens: dict[str, Tokens], text: TextEncoder) -> Flat:
    ids: list[int] = []
    begins: list[int] = []
    for number, turn in enumerate(turns):
        ids += text.separator if number else []
        ids += tokens[_speaker(turn)].ids if turn.speaker else []
        begins.append(len(ids))
        ids += tokens[turn.text].ids
    return Flat(ids, begins, [tokens[turn.text] for turn in turns])


def mark(
    flat: Flat, pair: tuple[Place, Place], tokens: dict[str, Tokens], text: TextEncoder, *, max_length: int
) -> tuple[Framed, list[int]]:
    """The model input of a pair, and the positions of the two opening signs in it."""
    names = [_mark(sign, place.label) for sign, place in zip(_SIGNS, pair, strict=True)]
    opening, closing = (
        [tokens[piece].ids[: max_length // _MARK_SHARE] for piece in pieces] for pieces in (names, _SIGNS)
    )
    taken = sum(map(len, (*opening, *closing, text.separator)))
    room = max(2, max_length - text.overhead(pair=False) - taken)
    ranges = [flat.range_of(place) for place in pair]
    ranges = [(begin, min(end, begin + room // 2)) for begin, end in ranges]
    signs = sorted(
        [(begin, 1, -end, number) for number, (begin, end) in enumerate(ranges)]
        + [(end, 0, -begin, number) for number, (begin, end) in enumerate(ranges)]
    )  # at one place the inner stretch closes before the outer one, and the outer one opens first
    ids: list[int] = []
    leads = [0, 0]
    for number, (begin, stop) in enumerate(around(ranges, len(flat.ids), room)):
        ids += text.separator if number else []
        at = begin
        for place, opens, _, which in signs:
            if not begin <= place <= stop:
                continue
            ids += flat.ids[at:place]
            at = place
            if opens:
                leads[which] = len(ids)
            ids += opening[which] if opens else closing[which]
        ids += flat.ids[at:stop]
    framed = text.frame(ids)
    return framed, [framed.first[0] + lead for lead in leads]


def around(ranges: Sequence[Range], total: int, room: int) -> list[Range]:
    """The ranges with as many tokens on either side of each as fit into `room` together."""
    low, high = 0, total
    while low < high:
        margin = (low + high + 1) // 2
        if sum(end - begin for begin, end in _widened(ranges, margin, total)) <= room:
            low = margin
        else:
            high = margin - 1
    return _widened(ranges, low, total)


def _widened(ranges: Sequence[Range], margin: int, total: int) -> list[Range]:
    """Ranges with a margin, those that touch joined."""
    found: list[Range] = []
    for begin, end in sorted((max(0, a - margin), min(total, b + margin)) for a, b in ranges):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def _speaker(turn: Turn) -> str:
    return f"{turn.speaker}:"


def _mark(sign: str, label: str) -> str:
    return f"{sign} {label}:"
