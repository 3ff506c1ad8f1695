"""The project templates that ship with the product: one JSON file each, beside this module."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class UnknownTemplate(LookupError):
    """There is no template of that name."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a new project starts with; `fields`, `overlap`, `reward`, `recipe` as the REST API has them."""

    name: str
    title: str
    title_zh: str
    summary: str
    summary_zh: str
    instructions: str
    instructions_zh: str
    languages: tuple[str, ...]
    fields: list[dict[str, Any]]
    overlap: dict[str, float]
    reward: dict[str, Any]
    lease_seconds: int
    gold_share: float
    sample_check_share: float
    recipe: dict[str, Any]
    sampling: str = "ordered"
    max_per_person: int | None = None
    max_per_group: int | None = None
    reviewers_needed: int = 1

    @property
    def sample(self) -> Path | None:
        """Items to try the template with, as a JSON Lines file of the import's own shape."""
        path = FOLDER / "samples" / f"{self.name}.jsonl"
        return path if path.exists() else None

    def title_in(self, language: str) -> str:
        return self.title_zh if language.startswith("zh") else self.title

    def summary_in(self, language: str) -> str:
        return self.summary_zh if language.startswith("zh") else self.summary

    def instructions_in(self, language: str) -> str:
        return self.instructions_zh if language.startswith("zh") else self.instructions

    def field_titles_in(self, language: str) -> list[str]:
        titles = "title_zh" if language.startswith("zh") else "title"
        return [field.get(titles) or field["name"] for field in self.fields]


@lru_cache(maxsize=1)
def templates() -> list[Template]:
    """All templates, ordered by title."""
    return sorted((_read(path) for path in FOLDER.glob("*.json")), key=lambda template: template.title)


def template(name: str) -> Template:
    """One template by its name, such as `customer-service`; raises UnknownTemplate."""
    for one in templates():
        if one.name == name:
            return one
    known = ", ".join(one.name for one in templates())
    raise UnknownTemplate(f"No template is called {name!r}; there is: {known}.")


def _read(path: Path) -> Template:
    """Instructions stand as lists of lines in the file, which keeps them readable there."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    for key in ("instructions", "instructions_zh"):
        raw[key] = "\n".join(raw[key])
    raw["languages"] = tuple(raw["languages"])
    return Template(**raw)
