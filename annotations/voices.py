"""What several people say about one item, unit by unit, so that what they say can be compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotations.aggregation.judgments import Judgment
from tasks_app.fields.base import Field, Payload


@dataclass(frozen=True, slots=True)
class Voice:
    """One answer: who gave it, and the fields of the schema version that it was given under."""

    who: str
    fields: Sequence[Field]
    answer: Mapping[str, Any]


def judged(voices: Sequence[Voice], payload: Payload) -> dict[str, list[Judgment]]:
    """Field -> everybody's judgments. Fields whose units depend on what others marked are aligned first."""
    said: dict[tuple[str, type[Field]], list[tuple[str, Field, Any]]] = defaultdict(list)
    for voice in voices:
        for field in voice.fields:
            if field.name in voice.answer:
                value = field.resolve(voice.answer[field.name], voice.answer)
                said[field.name, type(field)].append((voice.who, field, value))
    found: dict[str, list[Judgment]] = defaultdict(list)
    for (name, _), entries in said.items():
        values = entries[0][1].aligned([value for _, _, value in entries], payload)
        for (who, field, _), value in zip(entries, values, strict=True):
            found[name] += [Judgment(who, unit, label) for unit, label in field.judgments(value, payload)]
    return found
