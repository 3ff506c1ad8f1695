"""What the settings page says about each type of answer field, with an example that works as it stands."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks_app.fields.schema import TYPES


@dataclass(frozen=True)
class FieldHelp:
    """`config` goes into the fields, `answer` is what an annotator's answer to it looks like."""

    type: str
    words: Promise
    config: dict[str, Any]
    answer: Any

    @property
    def config_json(self) -> str:
        return json.dumps(self.config, ensure_ascii=False, indent=1)

    @property
    def answer_json(self) -> str:
        return json.dumps(self.answer, ensure_ascii=False)


_HELP: tuple[tuple[str, Promise, dict[str, Any], Any], ...] = (
    (
        "choice",
        _("One label, or several, for the whole item or for each turn."),
        {"name": "intent", "type": "choice", "labels": ["refund", "delivery", "other"]},
        "refund",
    ),
    (
        "span",
        _("Stretches of the text, each with a label."),
        {"name": "qa", "type": "span", "labels": ["question", "answer"]},
        [{"turn": 0, "start": 0, "end": 18, "label": "question"}],
    ),
    (
        "scale",
        _("A whole number between two ends that you name; for the whole item, for each turn, or for a pair."),
        {"name": "tone", "type": "scale", "min": 1, "max": 5, "low": "rude", "high": "kind"},
        4,
    ),
    (
        "text",
        _("Words of the annotator's own, such as the best reply."),
        {"name": "reply", "type": "text", "max_length": 500, "required": False},
        "It arrives tomorrow.",
    ),
    (
        "rank",
        _("The item's candidates in order, the best first. With “top” only the best few are asked for."),
        {"name": "best", "type": "rank", "top": 2},
        ["b", "a"],
    ),
    (
        "relation",
        _("Links between marked texts of a span field that stands before it. Limits on labels are optional."),
        {
            "name": "links",
            "type": "relation",
            "from": "qa",
            "from_labels": ["answer"],
            "to_labels": ["question"],
            "labels": ["answers"],
        },
        [{"from": 1, "to": 0, "label": "answers"}],
    ),
)


def field_help() -> list[FieldHelp]:
    """All types that there are, in the order in which they are offered."""
    by_type = {kind: FieldHelp(kind, words, config, answer) for kind, words, config, answer in _HELP}
    return [by_type[kind] for kind in TYPES]
