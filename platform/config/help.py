"""Inline help: short pages from docs/help, in the reader's language, and the longer documents beside them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

DOCS = Path(settings.BASE_DIR) / "docs"
_NAME = re.compile(r"[a-z][a-z-]{0,39}")
# A document beside docs/help that goes further, by topic.
LONGER = {
    "fields": "answer-fields", "analysis": "analysis", "training": "training", "models": "serving",
    "privacy": "privacy", "applications": "applications",
}  # fmt: skip
# A page's route begins with one of these: the longest that fits decides.
_ROUTES = {
    "catalogue": "annotating", "workbench": "annotating", "try": "annotating", "my-": "annotating",
    "earnings": "earning", "recognition": "earning", "statement": "earning",
    "qualification": "qualifications", "attempt": "qualifications",
    "projects": "projects", "project": "projects", "project-new": "projects", "sample-project": "projects",
    "project-design": "fields", "design-": "fields", "project-schemas": "fields",
    "project-settings": "fields",
    "project-rules": "projects", "project-check": "projects", "project-items": "projects",
    "project-import": "projects", "review": "review", "project-review": "review", "second-": "review",
    "project-second-review": "review", "project-quality": "quality", "project-people": "quality",
    "project-gold": "quality", "gold": "quality", "analysis": "analysis", "active-learning": "analysis",
    "training": "training", "run": "training", "retrain": "training", "snapshot": "training",
    "model": "models", "feedback": "models", "privacy": "privacy", "project-privacy": "privacy",
    "project-originals": "privacy", "project-money": "money", "finance": "money",
    "application": "applications",
}  # fmt: skip


@dataclass(frozen=True)
class Topic:
    name: str
    title: str
    text: str  # Markdown, without its first heading


def topic_of(route: str | None) -> str:
    """The topic for a route's name; empty where none fits."""
    fitting = [start for start in _ROUTES if route and route.startswith(start)]
    return _ROUTES[max(fitting, key=len)] if fitting else ""


def topics() -> list[Topic]:
    """All short pages in the reader's language, by title."""
    names = sorted(path.stem for path in (DOCS / "help" / "en").glob("*.md"))
    found = (topic(name) for name in names)
    return sorted((one for one in found if one), key=lambda one: one.title)


def topic(name: str) -> Topic | None:
    """The short page `name` in the reader's language, in English where that is missing."""
    chinese = (get_language() or "en").startswith("zh")
    folders = ["zh-hans", "en"] if chinese else ["en"]
    for folder in folders:
        if found := _read(DOCS / "help" / folder, name):
            return found
    return None


def document(name: str) -> Topic | None:
    """One of the longer documents, which are in English."""
    return _read(DOCS, name)


@lru_cache(maxsize=64)
def _read(folder: Path, name: str) -> Topic | None:
    path = folder / f"{name}.md"
    if not _NAME.fullmatch(name) or not path.is_file():
        return None
    first, _end, rest = path.read_text(encoding="utf-8").partition("\n")
    return Topic(name, first.removeprefix("#").strip(), rest.strip())
