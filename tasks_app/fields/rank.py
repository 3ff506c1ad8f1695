"""The item's candidates in order, the best first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from random import Random
from typing import Any, ClassVar, Self

from tasks_app.fields.base import Field, Judged, Payload, Posteriors, common_parts
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.payload import MAX_CANDIDATES
from tasks_app.fields.problem import InvalidAnswer, Problem, step
from tasks_app.fields.strings import nfc

FIRST, SECOND = "first", "second"


@dataclass(frozen=True, kw_only=True)
class RankField(Field):
    """Answer: ids of candidates, the best first, without ties; all of them, or with `top` only the best k.

    Units: every two candidates by their places in the item, "0:2", with the verdict which one is better.
    With `top`, two candidates that were both left out were not compared, so there is no judgment on them.
    Decoded is the order by the expected number of comparisons won (Borda); confidence is the probability that
    each candidate of the answer really is before the next one. Distance: the share of pairs put the other
    way round (Kendall's tau); a pair that only one of the two compared counts half (Fagin, Kumar & Sivakumar
    2003, "Comparing Top k Lists").
    """

    type: ClassVar[str] = "rank"
    widget: ClassVar[str] = "rank"
    head: ClassVar[str] = "rank"
    method: ClassVar[str] = "pairwise"
    level: ClassVar[str] = "distance"
    keys: ClassVar[frozenset[str]] = Field.keys | {"top", "shuffle"}
    scopes: ClassVar[tuple[str, ...]] = ("candidates",)

    top: int = 0  # 0: all
    shuffle: bool = True  # each annotator sees the candidates in another order

    @classmethod
    def parse(cls, reader: ConfigReader) -> Self:
        return cls(
            **common_parts(reader, cls.scopes),
            required=reader.flag("required", default=True),
            top=reader.count("top", default=0, least=0, most=MAX_CANDIDATES),
            shuffle=reader.flag("shuffle", default=True),
        )

    def _own_json(self) -> dict[str, Any]:
        return {"shuffle": self.shuffle} | ({"top": self.top} if self.top else {})

    def length(self, payload: Payload) -> int:
        """How many candidates an answer names."""
        count = len(payload.get("candidates", ()))
        return min(self.top, count) if self.top else count

    # -- answers ------------------------------------------------------------------------------------------

    def empty(self, payload: Payload) -> list[str]:
        return []

    def check(self, value: object, payload: Payload, pointer: str) -> list[str]:
        if not isinstance(value, list):
            detail = 'Expected a list of candidate ids, the best first, such as ["b", "a"].'
            raise InvalidAnswer([Problem(pointer, "type", detail)])
        known, problems = _ids(payload), []
        ranked = [nfc(entry).strip() if isinstance(entry, str) else entry for entry in value]
        for index, entry in enumerate(ranked):
            if entry not in known:
                detail = f"No candidate has this id. They are: {', '.join(known[:12])}."
                problems.append(Problem(step(pointer, index), "candidate", detail))
            elif entry in ranked[:index]:
                detail = "This candidate is there already; each has one place."
                problems.append(Problem(step(pointer, index), "duplicate", detail))
        if not problems and (wrong := self._length_problem(ranked, known, payload)):
            problems.append(Problem(pointer, *wrong))
        if problems:
            raise InvalidAnswer(problems)
        return ranked

    def _length_problem(
        self, ranked: Sequence[Any], known: Sequence[str], payload: Payload
    ) -> tuple[str, str] | None:
        wanted = self.length(payload)
        if len(ranked) == wanted or not (ranked or self.required):
            return None
        missing = [entry for entry in known if entry not in ranked]
        if len(ranked) < wanted:
            which = f" Still without a place: {', '.join(missing[:12])}." if wanted == len(known) else ""
            return "required", f"Rank {wanted} candidates, the best first.{which}"
        return "length", f"Only the best {wanted} are asked for; leave the others out."

    # -- consensus ----------------------------------------------------------------------------------------

    @property
    def verdicts(self) -> tuple[str, ...]:
        return FIRST, SECOND

    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        return [(f"{a}:{b}", FIRST if won else SECOND) for a, b, won in _compared(value, payload)]

    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[list[str], float]:
        known = _ids(payload)
        if not posteriors and not self.required:
            return [], 0.0
        chance = {(a, b): _chance(posteriors, a, b) for a, b in combinations(range(len(known)), 2)}
        chance |= {(b, a): 1.0 - sure for (a, b), sure in chance.items()}
        won = [sum(chance[a, b] for b in range(len(known)) if b != a) for a in range(len(known))]
        order = sorted(range(len(known)), key=lambda a: -won[a])
        length = self.length(payload)
        # With `top` the last one named must be before the first one left out.
        confidence = prod(chance[a, b] for a, b in zip(order[:length], order[1:], strict=False))
        return [known[a] for a in order[:length]], confidence if posteriors or len(known) < 2 else 0.0

    def blind(self, payload: Payload, random: Random) -> list[str]:
        return random.sample(_ids(payload), self.length(payload))

    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        left = {(i, j): won for i, j, won in _compared(a, payload)}
        right = {(i, j): won for i, j, won in _compared(b, payload)}
        pairs = left.keys() | right.keys()
        if not pairs:
            return float(a != b)  # a single candidate, ranked or not
        if not a or not b:
            return 1.0
        apart = sum(
            0.5 if pair not in left or pair not in right else left[pair] != right[pair] for pair in pairs
        )
        return apart / len(pairs)


def _ids(payload: Payload) -> list[str]:
    return [candidate["id"] for candidate in payload.get("candidates", ())]


def _chance(posteriors: Posteriors, a: int, b: int) -> float:
    """That the first is better. Unjudged pairs are even, so that they move nobody."""
    row = posteriors.get(f"{a}:{b}")
    return float(row.get(FIRST, 0.0)) if row else 0.5


def _compared(value: Sequence[str], payload: Payload) -> Iterator[tuple[int, int, bool]]:
    """Every two candidates of which at least one is ranked: places in the item, and whether the first won."""
    place = {identity: n for n, identity in enumerate(value)}
    places = [place.get(identity, len(value)) for identity in _ids(payload)]
    for a, b in combinations(range(len(places)), 2):
        if places[a] != places[b]:
            yield a, b, places[a] < places[b]
