"""Recipes with a name: settings that were measured together, and which of them fits how many examples.

docs/decisions/0102-recipes-were-chosen-on-dev-splits.md tells what was tried for them and what it gained.
"""

from collections.abc import Mapping
from typing import Any

from training.engine.errors import EngineError

STARTER, THOROUGH, FEW, PRIVATE, AUTO = "starter", "thorough", "few examples", "private", "auto"
RECIPES: dict[str, dict[str, Any]] = {
    STARTER: {},
    THOROUGH: {
        "epochs": 8, "learning_rate": 4e-4, "layer_decay": 0.9, "batch_examples": 64, "label_smoothing": 0.1,
        "average_share": 0.4, "final_rate": 0.15, "keep": "last", "patience": 0,
    },
    FEW: {
        "epochs": 5, "learning_rate": 3e-5, "head_learning_rate": 5e-4, "label_names": True,
        "label_smoothing": 0.1, "average_share": 0.5, "final_rate": 0.2, "keep": "last", "patience": 0,
    },
    PRIVATE: {
        "dp_epsilon": 8.0, "epochs": 20, "tuned_layers": 0, "head_learning_rate": 2e-2,
        "batch_examples": 256, "fit_head_first": False, "freeze_embeddings": True, "dropout": 0.0,
        "average_share": 0.3, "final_rate": 0.2, "keep": "last", "patience": 0, "weight_decay": 0.0,
    },
}  # fmt: skip
FEW_PER_LABEL = 30


def suggest(kind: str, *, examples: int, labels: int) -> str:
    """The recipe for a field of type `kind` with so many training examples; measured on choices only."""
    if kind != "choice":
        return STARTER
    return FEW if examples <= FEW_PER_LABEL * max(1, labels) else THOROUGH


def written_out(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The named recipe with what is set beside its name; without a name, what is set and nothing else."""
    chosen = dict(recipe)
    name = chosen.pop("name", STARTER)
    if name not in RECIPES:
        raise EngineError(f"name must be one of {', '.join(RECIPES)}, not {name!r}.")
    return {**RECIPES[name], **chosen}
