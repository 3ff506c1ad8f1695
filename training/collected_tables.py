"""What was collected, as tables: the page shows them under its charts, CSV and REST give them as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from tasks_app.selectors import current_fields
from training.analysis.distributions import Histogram, histogram
from training.analysis.questions import question_in
from training.collected import Collected, texts_at

Cell = str | int | float | None
_OTHERS = 20  # turns among which words for a question are looked for


@dataclass(frozen=True, slots=True)
class Table:
    """columns: (name in REST, title for people, whether it holds numbers)."""

    columns: list[tuple[str, str, bool]]
    rows: list[list[Cell]]

    def records(self) -> list[dict[str, Cell]]:
        names = [name for name, _title, _numeric in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def topics(found: Collected) -> Table:
    sizes = found.look.topic_sizes(len(found.topics))
    total = max(int(found.look.turns.sum()), 1)
    return Table(
        [("number", _("Topic"), True), ("name", _("Topic’s name"), False), ("words", _("Words"), False),
         ("turns", _("Turns"), True), ("share", _("Share"), True)],
        [
            [one["number"], title_of(one), ", ".join(word for word, _weight in one["words"]), int(size),
             round(int(size) / total, 4)]
            for one, size in zip(found.topics, sizes, strict=True)
        ],
    )  # fmt: skip


def title_of(topic: dict[str, Any]) -> str:
    """Its name, or a number where its texts share no words."""
    return str(topic["name"] or _("Topic %(number)d") % {"number": topic["number"]})


def sizes(found: Collected) -> Table:
    when, counts = found.look.topics_over_time(len(found.topics))
    return Table(
        [("start", _("From"), False), ("number", _("Topic"), True), ("name", _("Topic’s name"), False),
         ("turns", _("Turns"), True)],
        [
            [start.isoformat(), one["number"], title_of(one), int(counts[row, column])]
            for row, start in enumerate(when.starts)
            for column, one in enumerate(found.topics)
            if counts[row, column]
        ],
    )  # fmt: skip


def questions(found: Collected) -> Table:
    return numbered_questions(found)[1]


def numbered_questions(found: Collected) -> tuple[list[int], Table]:
    """The table, and for each of its rows the number of the question."""
    counts = found.look.question_counts(len(found.questions))
    numbered = zip(range(len(found.questions)), found.questions, counts.tolist(), strict=True)
    asked = sorted((one for one in numbered if one[2]), key=lambda one: -one[2])
    answers = [one["answer"] for _number, one, _count in asked if one["answer"]]
    texts = texts_at(
        found.project, [(one["item"], one["turn"]) for one in (*(o for _n, o, _c in asked), *answers)]
    )
    words = _in_words(found, asked, texts)
    asked = [one for one in asked if one[0] in words]
    table = Table(
        [("question", _("Question"), False), ("count", _("Asked"), True),
         ("answer", _("Usual answer"), False),
         ("answered", _("Given"), True), ("item", _("Item"), False)],
        [
            [words[number][0], count, _cut(texts, one["answer"]), (one["answer"] or {}).get("count"),
             words[number][1]]
            for number, one, count in asked
        ],
    )  # fmt: skip
    return [number for number, _one, _count in asked], table


def _in_words(
    found: Collected, asked: Sequence[tuple[int, dict[str, Any], int]], texts: dict[tuple[str, int], str]
) -> dict[int, tuple[str, str]]:
    """(question, item that asks it), by number. Where what stood for it was withdrawn or restricted since,
    another one's words; one that nobody may see any more is left out."""
    known = {number: (said, one["item"]) for number, one, _count in asked if (said := _cut(texts, one))}
    others = {
        number: found.where(found.turns_of("question", number)[:_OTHERS])
        for number, _one, _count in asked
        if number not in known
    }
    there = texts_at(found.project, [place for places in others.values() for place in places])
    for number, places in others.items():
        if (place := next((one for one in places if one in there), None)) is not None:
            known[number] = (question_in(there[place]) or there[place], place[0])
    return known


def _cut(texts: dict[tuple[str, int], str], place: dict[str, Any] | None) -> str:
    """The characters of a place; empty where its item is gone."""
    if place is None:
        return ""
    return texts.get((place["item"], place["turn"]), "")[place["start"] : place["end"]]


def courses(found: Collected) -> Table:
    return Table(
        [("field", _("Field"), False), ("part", _("Part of the dialogue"), True),
         ("label", _("Label"), False),
         ("count", _("Turns"), True), ("share", _("Share"), True)],
        [
            [field, part + 1, label, int(course.counts[part, column]),
             round(float(course.shares[part, column]), 4)]
            for field in turn_fields(found)
            for course in [found.look.course(field)]
            for part in range(len(course.counts))
            for column, label in enumerate(course.labels)
            if course.counts[part].any()
        ],
    )  # fmt: skip


def turn_fields(found: Collected) -> list[str]:
    """Fields with labels of turns that are no spans, which are about places and not about moods."""
    return [
        field.name for field in current_fields(found.project)
        if field.type in ("choice", "scale") and field.scope == "turn"
    ]  # fmt: skip


def paths(found: Collected) -> Table:
    return Table(
        [("field", _("Field"), False), ("path", _("Path"), False), ("dialogues", _("Dialogues"), True),
         ("item", _("Example"), False)],
        [
            [field, " → ".join(path.labels), path.dialogues, course.ids[path.example]]
            for field in turn_fields(found)
            for course in [found.look.course(field)]
            for path in course.paths
        ],
    )  # fmt: skip


def labels(found: Collected) -> Table:
    return Table(
        [("field", _("Field"), False), ("label", _("Label"), False), ("count", _("Approved"), True),
         ("share", _("Share"), True)],
        [
            [field, label, count, round(count / sum(many for _label, many in counts), 4)]
            for field, counts in found.look.label_counts().items()
            for label, count in counts
        ],
    )  # fmt: skip


def lengths(found: Collected) -> Table:
    return _steps(histogram(found.look.all_turns.length[found.look.turns]), _("Turns"))


def turns(found: Collected) -> Table:
    return _steps(histogram(found.look.turns_per_item()), _("Items"))


def _steps(found: Histogram, counted: str) -> Table:
    rows: list[list[Cell]] = [
        [low, high - 1, count] for (low, high), count in zip(pairwise(found.edges), found.counts, strict=True)
    ]
    if found.beyond:
        rows.append([found.edges[-1], None, found.beyond])
    return Table([("from", _("From"), True), ("to", _("To"), True), ("count", counted, True)], rows)


def times(found: Collected) -> Table:
    when, counts = found.look.items_over_time()
    rows: list[list[Cell]] = [
        [start.isoformat(), int(count)] for start, count in zip(when.starts, counts, strict=True)
    ]
    return Table([("start", _("From"), False), ("items", _("Items"), True)], rows)


def speakers(found: Collected) -> Table:
    return _words(found, found.look.all_turns.speaker, _("Speaker"))


def languages(found: Collected) -> Table:
    return _words(found, found.look.all_turns.language, _("Language"))


def _words(found: Collected, column: Any, title: str) -> Table:
    rows: list[list[Cell]] = [[word or "–", count] for word, count in found.look.words(column)]
    return Table([("name", title, False), ("turns", _("Turns"), True)], rows)


TABLES: dict[str, Callable[[Collected], Table]] = {
    "topics": topics, "sizes": sizes, "questions": questions, "courses": courses, "paths": paths,
    "labels": labels, "lengths": lengths, "turns": turns, "times": times, "speakers": speakers,
    "languages": languages,
}  # fmt: skip


def chart_rows(table: Table, links: dict[str, str] | None = None) -> tuple[list[Any], list[Any]]:
    """(columns, rows) for components/table.html. links: column -> URL that the cell is the end of."""
    columns = [{"title": title, "numeric": numeric} for _name, title, numeric in table.columns]
    return columns, [list(_cells(table, row, links or {})) for row in table.rows]


def _cells(table: Table, row: list[Cell], links: dict[str, str]) -> Iterator[dict[str, Any]]:
    for (name, _title, numeric), value in zip(table.columns, row, strict=True):
        shown = f"{value:.1%}" if name == "share" and value is not None else value
        link = f"{links[name]}{value}" if name in links and value else ""
        yield {"text": "–" if shown is None else shown, "numeric": numeric, "href": link}
