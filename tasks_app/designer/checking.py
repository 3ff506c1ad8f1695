"""A schema as a person types it: what it says, what is wrong with it, and where in the text that stands."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks_app.designer.jsontext import Fault, Reading, line_and_column, read_json
from tasks_app.fields.problem import Problem, Rejected
from tasks_app.fields.schema import fields_to_json, parse_fields
from tasks_app.saying import in_words

# Of these the name itself is wrong, not what stands after it.
_ABOUT_KEYS = {"unknown_key", "not_applicable"}
_MOST = 50
_WORDS: dict[str, Promise] = {
    "too_long": _("This is too long; 400,000 characters are the most."),
    "too_deep": _("This is nested too deeply; a schema is a list of fields."),
    "after_end": _("The list ends before this. Remove what follows, or move it inside."),
    "comment": _("JSON has no comments. Remove this; “help” is the place for a note."),
    "early_end": _("The text ends here, and a value is missing."),
    "no_value": _("“%(found)s” begins no value. Write text in double quotes, a number, true, false, [ or {."),
    "bare_word": _("Put “%(found)s” in double quotes. Only true, false, null and numbers stand without."),
    "open_string": _("This text has no closing double quote on its line. Add one."),
    "single_quotes": _("Use double quotes instead of single ones."),
    "control": _("Write a tab as \\t; characters that cannot be seen are not allowed in a text."),
    "escape": _("“%(found)s” means nothing here. Write \\\\ for a backslash."),
    "last_comma": _("Remove this comma: nothing follows it before “%(found)s”."),
    "open_bracket": _("This “%(found)s” is never closed. Add the bracket that closes it."),
    "unexpected": _("“%(found)s” does not belong here. Remove it, or close what was opened before it."),
    "no_comma": _("A comma is missing before this."),
    "comma_first": _("Remove this comma, or write something before it."),
    "no_key": _("Write a name in double quotes here, such as “name”."),
    "bare_key": _("Put the name “%(found)s” in double quotes."),
    "equals": _("Write a colon instead of the equals sign."),
    "no_colon": _("Write a colon after “%(found)s”, and then its value."),
    "twice": _("“%(found)s” stands twice in this object. Keep one of them."),
}


@dataclass(frozen=True)
class Marked:
    """A problem and its place. Offsets in code points, `end` exclusive; line and column from 1."""

    code: str
    detail: str
    pointer: str
    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True)
class Checked:
    """`fields` in canonical form, or None while there are problems."""

    fields: list[dict[str, Any]] | None
    problems: list[Marked]


def check_text(text: str) -> Checked:
    """Everything wrong with a schema's JSON: the grammar first, and once that holds, the fields."""
    reading = read_json(text)
    if reading.faults:
        return Checked(None, [_mark_fault(text, fault) for fault in reading.faults[:_MOST]])
    try:
        fields = parse_fields(reading.value)
    except Rejected as error:
        marked = [_mark(text, reading, problem) for problem in error.problems[:_MOST]]
        return Checked(None, sorted(marked, key=lambda one: (one.start, one.end)))
    return Checked(fields_to_json(fields), [])


def _mark_fault(text: str, fault: Fault) -> Marked:
    detail = str(_WORDS[fault.code]) % {"found": fault.found}
    line, column = line_and_column(text, fault.start)
    return Marked(fault.code, detail, "", fault.start, fault.end, line, column)


def _mark(text: str, reading: Reading, problem: Problem) -> Marked:
    pointer = problem.pointer.removeprefix("/fields")
    if problem.code in _ABOUT_KEYS and pointer in reading.keys:
        start, end = reading.keys[pointer]
    else:
        start, end = reading.place_of(pointer)
    if pointer not in reading.places:
        # What is missing cannot be marked; the bracket that should hold it can.
        end = min(end, start + 1)
    line, column = line_and_column(text, start)
    return Marked(problem.code, in_words(problem), problem.pointer, start, end, line, column)
