"""The texts that people wrote among the values of an answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tasks_app.fields.base import Field


def gate_texts(
    fields: Sequence[Field], answer: Mapping[str, Any], clean: Callable[[str], str]
) -> dict[str, Any]:
    """`clean` applied to the values of text fields. Offsets never point into those."""
    texts = {field.name for field in fields if field.type == "text"}
    return {
        name: clean(value) if name in texts and isinstance(value, str) else value
        for name, value in answer.items()
    }
