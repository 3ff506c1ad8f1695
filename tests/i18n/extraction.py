"""What makemessages would find, without GNU gettext: every string that is handed to gettext."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("platform", "privacy", "tasks_app", "annotations", "training")
# Where the message stands among a function's arguments, after its context if it takes one.
FUNCTIONS = {
    "_": 0,
    "gettext": 0,
    "gettext_lazy": 0,
    "gettext_noop": 0,
    "said": 0,  # tasks_app.fields, which know no Django
    "ngettext": 0,
    "ngettext_lazy": 0,
    "pgettext": 1,
    "pgettext_lazy": 1,
    "npgettext": 1,
    "npgettext_lazy": 1,
}
Message = tuple[str | None, str]
_opening = re.compile(r"\b(?:_|n?p?gettext)\(")


def messages() -> dict[Message, Path]:
    """(context, message) -> a file that holds it, for the whole repository."""
    found: dict[Message, Path] = {}
    for path in sorted(ROOT.glob("templates/**/*")):
        if path.suffix in {".html", ".txt"}:
            found |= dict.fromkeys(template_messages(path.read_text(encoding="utf-8")), path)
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found |= dict.fromkeys(python_messages(ast.parse(path.read_bytes())), path)
    return found


def template_messages(text: str) -> Iterator[Message]:
    """Django turns a template into text in which only gettext calls are left to be read."""
    source = templatize(text)
    for opening in _opening.finditer(source):
        yield from python_messages(_call_at(source, opening.start()))


def python_messages(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            texts = [
                arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
            place = FUNCTIONS.get(name)
            if place is not None and len(texts) > place:
                yield (texts[0] if place else None, texts[place])


def _call_at(source: str, start: int) -> ast.AST:
    """The shortest piece from `start` on that is a whole expression."""
    for closing in re.finditer(r"\)", source[start:]):
        try:
            return ast.parse(source[start : start + closing.end()], mode="eval")
        except SyntaxError:
            continue
    raise ValueError(f"No end of the call: {source[start : start + 80]}")
