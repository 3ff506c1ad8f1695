"""What the field editor offers for each type of field: the controls of its form, and names to complete."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks_app.field_help import field_help
from tasks_app.fields.schema import TYPES


@dataclass(frozen=True)
class Control:
    """`kind`: text, long, flag, number, scope, names, labels, or spans (the name of a span field)."""

    key: str
    kind: str
    label: Promise
    help: Promise | str = ""
    more: bool = False  # among those that are folded away

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "kind": self.kind,
            "label": str(self.label),
            "help": str(self.help),
            "more": self.more,
        }


_NAME = Control(
    "name", "text", _("Name in answers and exports"), _("Small letters, digits, “_” and “-”, such as intent.")
)
_COMMON = (
    Control("title", "text", _("Question")),
    Control("help", "long", _("Help below the question")),
    Control("required", "flag", _("An answer is required")),
)
_CHINESE = (
    Control("title_zh", "text", _("Question in Chinese"), more=True),
    Control("help_zh", "long", _("Help in Chinese"), more=True),
)
_LABELS = Control("labels", "labels", _("Labels"))
_SCOPE = Control("scope", "scope", _("It is asked about"))
_SPEAKERS = Control(
    "speakers", "names", _("Only turns by these speakers"), _("With commas; empty: all turns."), more=True
)
_OWN: dict[str, tuple[Control, ...]] = {
    "choice": (_LABELS, _SCOPE, Control("multi", "flag", _("Several labels may be chosen")), _SPEAKERS),
    "span": (_LABELS, Control("overlapping", "flag", _("Marks of different labels may overlap")), _SPEAKERS),
    "scale": (
        Control("min", "number", _("From")),
        Control("max", "number", _("To")),
        Control("step", "number", _("In steps of")),
        Control("low", "text", _("What the smallest means")),
        Control("high", "text", _("What the greatest means")),
        _SCOPE,
        Control("low_zh", "text", _("The smallest in Chinese"), more=True),
        Control("high_zh", "text", _("The greatest in Chinese"), more=True),
        _SPEAKERS,
    ),
    "text": (Control("max_length", "number", _("Characters at most")), _SCOPE),
    "rank": (
        Control("top", "number", _("How many of the best are asked for"), _("0: all of them.")),
        Control("shuffle", "flag", _("Each person sees the candidates in another order")),
    ),
    "relation": (
        _LABELS,
        Control("from", "spans", _("Links begin at marks of")),
        Control("to", "spans", _("and end at marks of")),
        Control("directed", "flag", _("The direction of a link matters")),
        Control("from_labels", "names", _("Only from marks with these labels"), more=True),
        Control("to_labels", "names", _("Only to marks with these labels"), more=True),
    ),
}
_TITLES: dict[str, Promise] = {
    "choice": _("Choice"),
    "span": _("Marks in the text"),
    "scale": _("Scale"),
    "text": _("Text"),
    "rank": _("Ranking"),
    "relation": _("Links between marks"),
}
_SCOPES: dict[str, Promise] = {
    "dialogue": _("the whole item"),
    "turn": _("each turn"),
    "pair": _("a pair of texts"),
    "candidates": _("the candidates"),
    "spans": _("marks"),
}
# What a field that leaves the option out has.
_DEFAULTS: dict[str, Any] = {
    "shuffle": True, "directed": True, "min": 1, "max": 5, "step": 1, "max_length": 2000,
}  # fmt: skip


def field_types() -> list[dict[str, Any]]:
    """For each type its words, controls, options with their names, and a field to begin with."""
    return [
        {
            "type": one.type,
            "title": str(_TITLES[one.type]),
            "words": str(one.words),
            "keys": sorted(TYPES[one.type].keys),
            "scopes": list(TYPES[one.type].scopes),
            "controls": [control.to_json() for control in (*_COMMON, *_OWN[one.type], _NAME, *_CHINESE)],
            "start": one.config,
        }
        for one in field_help()
    ]


def editor_words() -> dict[str, Any]:
    return {
        "types": field_types(),
        "scopes": {key: str(words) for key, words in _SCOPES.items()},
        "defaults": _DEFAULTS,
    }
