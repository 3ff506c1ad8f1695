"""Kinds of mistakes that reviewers pick from: a project's own list, or the usual ones. Pure: no Django."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks_app.fields.problem import Problem, Rejected, said

MOST = 9  # one for each number key
_KEYS = {"name", "title", "title_zh", "good_faith"}
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


@dataclass(frozen=True, slots=True)
class Category:
    """`good_faith`: somebody who reads and tries can make it, so that the project's partial pay applies."""

    name: str
    title: str
    title_zh: str = ""
    good_faith: bool = True

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "title_zh": self.title_zh,
            "good_faith": self.good_faith,
        }


OTHER = Category("other", "Another reason", "其他原因")
USUAL = (
    Category("wrong_label", "Wrong label", "标签有误"),
    Category("boundary", "Boundaries are off", "边界不准"),
    Category("missed", "Something was missed", "有遗漏"),
    Category("guideline", "Instructions were misread", "误读了说明"),
    Category("careless", "Answered without reading", "未读就答", good_faith=False),
    Category("copied", "Copied or pasted", "复制或粘贴", good_faith=False),
    OTHER,
)


def parse(raw: Any) -> tuple[Category, ...]:
    """The list as configured, with “other” at its end; Rejected names everything that is wrong with it."""
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise Rejected([Problem("", "type", said("Expected a list of categories."))])
    problems = [problem for n, one in enumerate(raw) for problem in _problems(one, f"/{n}")]
    if problems:
        raise Rejected(problems)
    found = tuple(Category(**one) for one in raw if one["name"] != OTHER.name)
    if len({one.name for one in found}) < len(found):
        raise Rejected([Problem("", "twice", said("A name stands in the list twice."))])
    if len(found) >= MOST:
        detail = said("At most %(most)s categories: each has a number key.", most=MOST - 1)
        raise Rejected([Problem("", "too_many", detail)])
    return (*found, OTHER) if found else USUAL


def _problems(one: Any, pointer: str) -> list[Problem]:
    if not isinstance(one, Mapping) or not {"name", "title"} <= set(one) <= _KEYS:
        detail = said("Expected name, title and, if you like, title_zh and good_faith.")
        return [Problem(pointer, "type", detail)]
    problems = []
    if not isinstance(one["name"], str) or not _NAME.match(one["name"]):
        detail = said("Small letters, digits and _, up to 40.")
        problems.append(Problem(f"{pointer}/name", "name", detail))
    for key in ("title", "title_zh"):
        text = one.get(key, "-")
        if not isinstance(text, str) or len(text) > 80 or key == "title" and not text.strip():
            problems.append(Problem(f"{pointer}/{key}", "text", said("Expected up to 80 characters.")))
    if not isinstance(one.get("good_faith", True), bool):
        problems.append(Problem(f"{pointer}/good_faith", "type", said("Expected true or false.")))
    return problems


def to_lines(raw: Any) -> str:
    """The list as it is typed: “name: title” a line, a ! in front of what is not done in good faith."""
    found = [one for one in parse(raw) if one != OTHER]
    return "\n".join(f"{'' if one.good_faith else '!'}{one.name}: {one.title}" for one in found)


def from_lines(text: str, before: Any) -> list[dict[str, Any]]:
    """What was typed, to be checked by `parse`. A line that is as before keeps its Chinese title."""
    known = {(one.name, one.title): one.title_zh for one in parse(before)}
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, _colon, title = (part.strip() for part in line.removeprefix("!").partition(":"))
        category = Category(name, title, known.get((name, title), ""), not line.startswith("!"))
        found.append(category.to_json())
    return [] if found == [one.to_json() for one in USUAL if one != OTHER] else found
