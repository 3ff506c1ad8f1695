"""Behind every chart: a table on the page, the same figures as a file, nothing for strangers."""

import csv
import io
import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory

from common.charts import MOST_ROWS, ChartFiles, table_of
from common.spreadsheet import sheet
from tests.architecture.test_site import ROOT

LINES: dict[str, Any] = {
    "data": [
        {"x": [1, 2], "y": [0.5, 0.25], "name": "loss"},
        {"x": [2, 3], "y": [0.8, None], "name": "A &amp; B"},
    ],
    "layout": {"xaxis": {"title": {"text": "step"}}},
}


def words(table: Any) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in table.rows]


def test_traces_share_the_places_of_their_axis() -> None:
    table = table_of(LINES)
    assert [one["title"] for one in table.columns] == ["step", "loss", "A & B"]
    assert words(table) == [["1", "0.5", ""], ["2", "0.25", "0.8"], ["3", "", ""]]


def test_bars_that_lie_down_are_read_by_their_names() -> None:
    figure = {"data": [{"x": [0.7, 0.3], "y": ["rate", "epochs"], "orientation": "h"}], "layout": {}}
    assert words(table_of(figure)) == [["rate", "0.7"], ["epochs", "0.3"]]


def test_two_points_at_one_place_are_two_rows() -> None:
    figure = {"data": [{"x": [5, 5], "y": [1, 2], "name": "draws"}]}
    assert words(table_of(figure)) == [["5", "1"], ["5", "2"]]


def test_a_map_is_a_list_of_its_points() -> None:
    layout = {"xaxis": {"visible": False}}
    figure = {
        "data": [{"x": [1.0], "y": [2.0], "name": "parcels", "text": ["a &lt;b&gt;"]}],
        "layout": layout,
    }
    assert table_of(figure).rows == [["parcels", "a <b>"]]


def test_no_cell_of_a_file_is_a_formula_and_numbers_stay_numbers() -> None:
    text = sheet(["=cmd", "b"], [["@x", "-0.033"], ["-x", "+1,234"], ["\tx", "-5 %"]])
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [["'=cmd", "b"], ["'@x", "-0.033"], ["'-x", "+1,234"], ["'\tx", "-5 %"]]


def answer(path: str, status: int = 200) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        template = engines["django"].from_string(
            '{% include "components/chart.html" with id="curves" title="Loss" figure=figure only %}'
        )
        return HttpResponse(template.render({"figure": LINES}, request), status=status)

    request = RequestFactory().get(path)
    request.user = None  # type: ignore[assignment]
    response = ChartFiles(view)(request)
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.django_db
def test_a_page_offers_its_table_and_gives_it_with_the_same_filter() -> None:
    page = answer("/page/?from=2026-01-01").text
    assert "<details>" in page and "0.25" in page
    [link] = re.findall(r'href="([^"]+)"', page)
    assert link == "/page/?from=2026-01-01&amp;csv=curves"
    file = answer(link.replace("&amp;", "&"))
    assert file["Content-Type"] == "text/csv; charset=utf-8" and 'filename="curves.csv"' in str(file.headers)
    assert file.text.removeprefix("\ufeff").splitlines() == ["step,loss,A & B", "1,0.5,", "2,0.25,0.8", "3,,"]


@pytest.mark.django_db
def test_what_the_view_refuses_gives_no_file() -> None:
    assert answer("/page/?csv=curves", status=404)["Content-Type"].startswith("text/html")
    assert answer("/page/?csv=other").status_code == 404


def test_a_long_table_is_whole_only_in_the_file() -> None:
    steps = list(range(MOST_ROWS + 7))
    table = table_of({"data": [{"x": steps, "y": steps, "name": "loss"}]})
    assert len(table.shown) == MOST_ROWS and table.left_out == 7
    assert len(table.csv().splitlines()) == MOST_ROWS + 8


def test_every_chart_is_the_component() -> None:
    """A figure drawn by hand would have neither table nor file."""
    drawn = [path for path in ROOT.glob("templates/**/*.html") if "data-chart" in path.read_text()]
    assert drawn == [ROOT / "templates" / "components" / "chart.html"]
