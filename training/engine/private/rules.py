"""Which settings go with differential privacy, and why the others do not."""

from collections.abc import Mapping
from typing import Any

SWITCHES = ("dp_epsilon", "dp_noise_multiplier")  # either of them makes a run private
UNITS = ("group", "example")


def is_private(settings: Mapping[str, Any]) -> bool:
    return any(settings.get(name) for name in SWITCHES)


def refusal(settings: Mapping[str, Any], *, usual_batch_tokens: int) -> str:
    """Why this whole recipe cannot be trained privately; "" when it can."""
    if all(settings[name] for name in SWITCHES):
        return "Give dp_epsilon or dp_noise_multiplier, not both: one follows from the other."
    for name, wanted, why in _WANTED:
        if settings[name] != wanted:
            return f"A differentially private run needs {name} at {wanted!r}: {why}. {_HINT}"
    if settings["head"] == "embedding":
        return (
            "Vectors cannot be learned privately: each text is held against all others of its batch, so no "
            "gradient belongs to one conversation alone. Every other head can."
        )
    if settings["batch_tokens"] != usual_batch_tokens:
        return (
            "A differentially private run draws each conversation by lot (batch_examples of them on "
            "average), so a step cannot be filled up to batch_tokens. Leave that setting away."
        )
    if settings["processes"] > 1:
        return "A differentially private run is one process; leave processes at 0 or 1."
    return ""


_HINT = "The recipe “private” sets what is needed."
_WANTED: tuple[tuple[str, Any, str], ...] = (
    ("fit_head_first", False, "the fit of the last layer looks at the examples without any noise"),
    ("freeze_embeddings", True, "which rows of the table move would tell which words occur"),
    ("class_weights", "none", "weights counted from the labels are not protected"),
    ("new_characters", False, "which characters have a token would tell which occur"),
    ("label_names", False, "what is drawn must be a conversation"),
    ("compile", "off", "gradients are taken one conversation at a time"),
)
