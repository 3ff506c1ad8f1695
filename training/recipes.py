"""What a person may choose about a run, checked with pointers to what is wrong."""

import json
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from training.engine.config import HEADS, FitConfig
from training.engine.errors import EngineError
from training.engine.private.rules import is_private
from training.engine.recipes import AUTO, PRIVATE, RECIPES, suggest, written_out

# What a run is about, and where it runs, is not the recipe's to say.
RESERVED = {"field"}
SEEDS, MOST_SEEDS = "seeds", 10  # a setting of the run, not of the engine: see seeds.py
SETTINGS = ("name", *(entry.name for entry in dataclass_fields(FitConfig) if entry.name not in RESERVED))
_APART = ("name", "head")  # checked by themselves


def resolved(field: Mapping[str, Any], recipe: object, *, examples: int) -> object:
    """The recipe with "auto" as its name replaced by that of the one that fits so many training examples."""
    if not isinstance(recipe, Mapping) or recipe.get("name") != AUTO:
        return recipe
    if is_private(recipe):
        return {**recipe, "name": PRIVATE}
    labels = len(field.get("labels") or ())
    return {**recipe, "name": suggest(field["type"], examples=examples, labels=labels)}


def build_config(field: Mapping[str, Any], recipe: object) -> FitConfig:
    """The engine's configuration for `field` (its JSON), with the site's base model unless named.

    Raises Invalid with every problem; pointers such as "/recipe/epochs".
    """
    if not isinstance(recipe, Mapping):
        raise _invalid([Problem("/recipe", "type", _("Expected an object such as {“epochs”: 3}."))])
    about = {"head": field["type"], "field": dict(field)}
    problems = [*_of_seeds(recipe.get(SEEDS)), *_of_name(recipe), *_of_head(field, recipe)]
    recipe = {name: value for name, value in recipe.items() if name != SEEDS}
    problems += [
        Problem(f"/recipe/{name}", "unknown_setting", _("No such setting. Known: %s.") % ", ".join(SETTINGS))
        for name in recipe
        if name not in SETTINGS
    ]
    problems += [
        Problem(f"/recipe/{name}", "setting", detail)
        for name, value in recipe.items()
        # A refusal that names another setting is about the two together; the whole recipe is asked below.
        if name in SETTINGS
        and name not in _APART
        and (detail := refusal({**about, name: value})).startswith(f"{name} ")
    ]
    if problems:
        raise _invalid(problems)
    whole = {"base_model": settings.BASE_MODEL, **about, **written_out(recipe)}
    if detail := refusal(whole):
        raise _invalid([Problem("/recipe", "recipe", detail)])
    return FitConfig.from_json(whole)


def _of_name(recipe: Mapping[str, Any]) -> list[Problem]:
    if "name" not in recipe or recipe["name"] in tuple(RECIPES):
        return []
    return [Problem("/recipe/name", "choice", _("One of %s.") % ", ".join((AUTO, *RECIPES)))]


def _of_head(field: Mapping[str, Any], recipe: Mapping[str, Any]) -> list[Problem]:
    fitting = [head for head, kinds in HEADS.items() if field["type"] in kinds]
    if "head" not in recipe or recipe["head"] in fitting:
        return []
    return [Problem("/recipe/head", "choice", _("One of %s.") % ", ".join(fitting))]


def chosen_settings(recipe: object, config: FitConfig) -> dict[str, Any]:
    """What is kept with the run: what was chosen, and the base model in any case."""
    chosen = dict(recipe) if isinstance(recipe, Mapping) else {}
    return {**chosen, "base_model": config.base_model}


def _of_seeds(seeds: object) -> list[Problem]:
    if seeds is None or (isinstance(seeds, int) and not isinstance(seeds, bool) and 1 <= seeds <= MOST_SEEDS):
        return []
    listed = seeds if isinstance(seeds, list) else []
    good = all(isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 for seed in listed)
    if good and 1 <= len(set(listed)) == len(listed) <= MOST_SEEDS:
        return []
    detail = _("A number of seeds from 1 to %d, or a list of different ones.") % MOST_SEEDS
    return [Problem(f"/recipe/{SEEDS}", "setting", detail)]


def refusal(raw: Mapping[str, Any]) -> str:
    try:
        FitConfig.from_json(raw)
    except EngineError as error:
        return str(error)
    return ""


def _invalid(problems: list[Problem]) -> Invalid:
    return Invalid(_("This recipe cannot be trained."), problems=problems)


def read_recipe(text: str) -> object:
    """A recipe from the command line: JSON, or the path of a file that holds it."""
    try:
        content = text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8")
        return json.loads(content)
    except OSError as error:
        detail = _("The recipe %(path)s cannot be read: %(why)s.") % {"path": text, "why": error.strerror}
    except ValueError as error:
        detail = _("The recipe is no valid JSON: %s.") % error
    raise _invalid([Problem("/recipe", "json", detail)])
