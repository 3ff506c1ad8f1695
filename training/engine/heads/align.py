"""Sub-tokens grouped into the units that a span head decides on."""

from dataclasses import dataclass

from training.engine.tokens import Tokens
from training.engine.units import NOTHING, unit_numbers


@dataclass(frozen=True, slots=True)
class Units:
    """K units with at least one sub-token: position of the first one, and code-point range [start, end)."""

    leads: list[int]
    starts: list[int]
    ends: list[int]


def align(text: str, tokens: Tokens) -> Units:
    """Group sub-tokens into units; continuation sub-tokens get no decision of their own.

    A unit's range runs over all its characters, those included that the tokenizer dropped (accents, joiners).
    """
    numbers = unit_numbers(text)
    units = Units([], [], [])
    last = NOTHING
    for position, (start, end) in enumerate(zip(tokens.starts, tokens.ends, strict=True)):
        while start < end and numbers[start] == NOTHING:  # some tokenizers count the space before a word
            start += 1
        if start >= end:
            continue
        stop = end
        while stop < len(text) and numbers[stop] == numbers[end - 1] != NOTHING:
            stop += 1
        if numbers[start] != last:
            while start > 0 and numbers[start - 1] == numbers[start]:
                start -= 1
            units.leads.append(position)
            units.starts.append(start)
            units.ends.append(stop)
        else:
            units.ends[-1] = max(units.ends[-1], stop)
        last = numbers[end - 1]
    return units
