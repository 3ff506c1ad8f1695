"""Answers turn by turn: a list of {"turn": 0, KEY: ...}, at most one entry for a turn."""

from collections.abc import Callable, Mapping
from typing import Any

from tasks_app.fields.base import Field, Payload
from tasks_app.fields.problem import Problem, step

Read = Callable[[object, str, list[Problem]], Any]  # value, pointer, problems -> canonical value


def check_marks(
    field: Field, key: str, value: object, payload: Payload, pointer: str, problems: list[Problem], read: Read
) -> list[dict[str, Any]]:
    """The canonical list, in the order of the turns; what is wrong is added to `problems`."""
    if not isinstance(value, list):
        problems.append(Problem(pointer, "type", f'Expected a list of {{"turn": 0, "{key}": ...}}.'))
        return []
    marks: dict[int, Any] = {}
    for index, entry in enumerate(value):
        place = step(pointer, index)
        if found := _entry(field, key, entry, payload, place, problems):
            if found["turn"] in marks:
                problems.append(Problem(f"{place}/turn", "duplicate", "This turn is there already."))
            marks[found["turn"]] = read(found[key], f"{place}/{key}", problems)
    blank = [turn for turn in field.turns(payload) if turn not in marks]
    if field.required and blank and not problems:
        some = ", ".join(map(str, blank[:10])) + (", ..." if len(blank) > 10 else "")
        problems.append(Problem(pointer, "required", f"Label every turn; still blank (from 0): {some}."))
    return [{"turn": turn, key: marks[turn]} for turn in sorted(marks) if marks[turn] not in (None, "", [])]


def _entry(
    field: Field, key: str, entry: object, payload: Payload, pointer: str, problems: list[Problem]
) -> Mapping[str, Any] | None:
    if not isinstance(entry, Mapping) or set(entry) != {"turn", key}:
        problems.append(Problem(pointer, "keys", f'Expected exactly "turn" and "{key}".'))
        return None
    if wrong := field.turn_problem(entry["turn"], payload, f"{pointer}/turn"):
        problems.append(wrong)
        return None
    return entry
