"""The four tabs over one result: topics, common questions, courses of dialogues, distributions."""

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tasks_app.models import Project
from training import collected_figures as figures
from training.analysis.nearest import Ints
from training.analysis_filter import Filter
from training.collected import Collected, read_collected, texts_at
from training.collected_tables import TABLES, Table, chart_rows, numbered_questions, title_of, turn_fields
from training.figures import Figure
from training.models import AnalysisResult

PAGE = 50
MOST_ROWS = 300  # of a table on a page; the file has all
_LINKS = {"item": figures.ITEMS}
Shown = dict[str, Any]


def show_topics(project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict) -> Shown:
    found = read_collected(project, result, wanted)
    sizes = TABLES["topics"](found)
    columns, rows = chart_rows(sizes, {"number": f"?{_kept(asked)}topic="})
    charts = []
    if found.look.turns.any():
        charts = [
            _chart("map", _("Map"), figures.topic_map(found), size="tall",
                   note=_("near ones say similar things; drag to zoom, click to open the item")),
        ]  # fmt: skip
    if (table := TABLES["sizes"](found)).rows:
        charts.append(_chart("sizes", _("Sizes over time"), figures.topic_sizes(found), table=table))
    listed = {"id": "topics", "title": _("Topics"), "columns": columns, "rows": rows}
    return _shown(asked, charts, [listed], _chosen_topic(found, asked))


def show_questions(project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict) -> Shown:
    found = read_collected(project, result, wanted)
    numbers, table = numbered_questions(found)
    columns, rows = chart_rows(table)
    for row, number in zip(rows, numbers, strict=True):
        row[1]["href"] = f"?{_kept(asked)}question={number + 1}"
        row[4] |= {"href": figures.ITEMS + row[4]["text"] + "/", "text": _("Open")}
    listed = {"id": "questions", "title": _("Common questions"), "columns": columns, "rows": rows[:MOST_ROWS]}
    return _shown(asked, [], [listed], _chosen_question(found, asked))


def show_courses(project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict) -> Shown:
    found = read_collected(project, result, wanted)
    charts = []
    for number, field in enumerate(turn_fields(found)):
        course = found.look.course(field)
        if course.labels:
            title = _("%(field)s over the course of a dialogue") % {"field": field}
            charts.append(_chart(f"course-{number}", title, figures.course_shares(course)))
        if course.flows:
            title = _("%(field)s: from the first to the last") % {"field": field}
            charts.append(_chart(f"flow-{number}", title, figures.course_flows(course)))
    tables = []
    for name, title in (("paths", _("Typical paths")), ("courses", _("Shares by part of the dialogue"))):
        columns, rows = chart_rows(TABLES[name](found))
        if name == "paths":
            for row in rows:
                row[3] |= {"href": figures.ITEMS + row[3]["text"] + "/", "text": _("Open")}
        tables.append({"id": name, "title": title, "columns": columns, "rows": rows[:MOST_ROWS]})
    return _shown(asked, charts, tables if charts else [], None)


def show_distributions(
    project: Project, result: AnalysisResult, wanted: Filter, asked: QueryDict
) -> Shown:  # fmt: skip
    found = read_collected(project, result, wanted)
    known = (
        ("labels", _("Labels"), "label", "count", ""),
        ("lengths", _("Length of turns"), "from", "count", _("characters, from")),
        ("turns", _("Turns of an item"), "from", "count", _("turns, from")),
        ("times", _("Items over time"), "start", "items", ""),
        ("speakers", _("Speakers"), "name", "turns", ""),
        ("languages", _("Languages"), "name", "turns", ""),
    )
    charts = []
    for name, title, x, y, axis in known:
        table = TABLES[name](found)
        if table.rows:
            charts.append(_chart(name, title, figures.bars(table, x, y, title=axis), table=table))
    return _shown(asked, charts, [], None)


def _chart(
    name: str, title: str, figure: Figure, *, table: Table | None = None, note: str = "",
    size: str = "",
) -> dict[str, Any]:  # fmt: skip
    columns, rows = chart_rows(table) if table else ([], [])
    return {
        "id": f"chart-{name}", "title": title, "figure": figure, "note": note, "size": size,
        "columns": columns, "rows": rows[:MOST_ROWS], "csv": name if table else "",
    }  # fmt: skip


def _shown(
    asked: QueryDict, charts: list[dict[str, Any]], tables: list[dict[str, Any]], chosen: Shown | None
) -> Shown:
    return {"charts": charts, "tables": tables, "chosen": chosen, "query": _kept(asked)}


def _kept(asked: QueryDict) -> str:
    """The filter as the beginning of a query, with its "&" where there is one."""
    kept = asked.copy()
    for name in ("topic", "question", "page"):
        kept.pop(name, None)
    return f"{kept.urlencode()}&" if kept else ""


def _chosen_topic(found: Collected, asked: QueryDict) -> Shown | None:
    numbers = {str(one["number"]): place for place, one in enumerate(found.topics)}
    place = numbers.get(asked.get("topic", ""))
    if place is None:
        return None
    topic = found.topics[place]
    examples = [(item, turn) for item, turn in topic["examples"]]
    return {
        "title": title_of(topic),
        "words": [word for word, _weight in topic["words"]],
        "examples": _said(found, examples),
        **_listed(found, found.turns_of("topic", place), asked, f"topic={topic['number']}"),
    }


def _chosen_question(found: Collected, asked: QueryDict) -> Shown | None:
    given = asked.get("question", "")
    if not _is_number(given) or not 1 <= int(given) <= len(found.questions):
        return None
    place = int(given) - 1
    variants = [(item, turn) for item, turn in found.questions[place]["variants"]]
    return {
        "title": _("Asked like this"),
        "words": [],
        "examples": _said(found, variants),
        **_listed(found, found.turns_of("question", place), asked, f"question={given}"),
    }


def _is_number(given: str) -> bool:
    """One that is read at once: of thousands of digits Python makes no number."""
    return given.isdecimal() and len(given) < 7


def _listed(found: Collected, rows: Ints, asked: QueryDict, which: str) -> Shown:
    """One page of the turns, each with the way to its item."""
    given = asked.get("page", "1")
    page = max(1, int(given)) if _is_number(given) else 1
    begin = (page - 1) * PAGE
    base = f"?{_kept(asked)}{which}&page="
    return {
        "count": len(rows),
        "turns": _said(found, found.where(rows[begin : begin + PAGE])),
        "previous": f"{base}{page - 1}" if page > 1 else "",
        "next": f"{base}{page + 1}" if begin + PAGE < len(rows) else "",
    }


def _said(found: Collected, places: list[tuple[str, int]]) -> list[dict[str, Any]]:
    texts = texts_at(found.project, places)
    return [
        {"item": item, "turn": turn, "text": texts[item, turn]}
        for item, turn in places
        if (item, turn) in texts
    ]


SHOWS: dict[str, Callable[[Project, AnalysisResult, Filter, QueryDict], Shown]] = {
    "topics": show_topics, "questions": show_questions, "courses": show_courses,
    "distributions": show_distributions,
}  # fmt: skip
