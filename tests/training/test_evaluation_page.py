"""The evaluation on the run's and the model's page, its CSV files, and reports from before it was there."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import client_of
from tests.training.test_assessing import answer_all
from training.assessing import assess
from training.evaluation_page import EvaluationPage
from training.models import Run

SCORES = {"precision": 0.5, "recall": 1.0, "f1": 0.667, "support": 12}


def page_of(run: Run, user: User, rest: str = "") -> Any:
    client = Client()
    client.force_login(user)
    return client.get(f"/training/runs/{run.pk}/{rest}")


def test_the_page_says_how_good_people_are(judged: Run, admin: User) -> None:
    answer_all(judged)
    judged.report = assess(judged, judged.report, "accuracy")
    judged.save()
    page = page_of(judged, admin).content.decode()
    for words in (
        "How good is good",
        "one person against the others",
        "majority rule",
        "Calibration",
        "95 %",
    ):
        assert words in page
    assert f"/training/runs/{judged.pk}/errors/" in page
    files = re.findall(r'href="([^"]+)" download[^>]*>CSV</a>', page)
    assert len(files) == len(set(files))
    # Those of the curves come from the page itself.
    assert sorted(file for file in files if "?csv=" not in file) == [
        f"/training/runs/{judged.pk}/{part}.csv" for part in ("calibration", "confusion", "report", "slices")
    ]
    standing = EvaluationPage(judged, "accuracy").standing
    assert [one["name"] for one in standing] == [
        "majority rule", "this model", "one person", "one person against the others",
    ]  # fmt: skip
    assert standing[2]["interval"].startswith("0.") and "–" in standing[2]["interval"]


@pytest.mark.parametrize("part", ["report", "confusion", "calibration", "slices", "words"])
def test_every_table_comes_as_csv(judged: Run, admin: User, stranger: User, part: str) -> None:
    answer = page_of(judged, admin, f"{part}.csv")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) > 1 or part == "words"  # there are no words where nothing is marked
    assert page_of(judged, stranger, f"{part}.csv").status_code == 404
    assert page_of(judged, admin, "secrets.csv").status_code == 404


def test_a_label_cannot_be_a_formula(judged: Run, admin: User) -> None:
    judged.report = {**judged.report, "test": {**judged.report["test"], "labels": {"=1+1": SCORES}}}
    judged.save()
    assert "'=1+1" in page_of(judged, admin, "report.csv").content.decode()


def test_a_report_from_before_shows_what_it_has(judged: Run, admin: User) -> None:
    old = {key: judged.report[key] for key in ("dev", "test", "baseline")}
    for part in ("reliability", "reliability_before", "interval"):
        old["test"].pop(part, None)
    judged.report = old
    judged.save()
    (judged.folder / "outcomes.arrow").unlink()
    page = page_of(judged, admin)
    assert page.status_code == 200
    for words in ("Not measured", "Nothing to tell apart", "is not known"):
        assert words in page.content.decode()
    assert "No such errors" in page_of(judged, admin, "errors/").content.decode()
    assert client_of(admin).get(f"/api/v1/runs/{judged.pk}/errors").json() == {"count": 0, "results": []}


def test_rest_carries_slices_ceiling_and_calibration(judged: Run, admin: User) -> None:
    said = client_of(admin).get(f"/api/v1/runs/{judged.pk}").json()["evaluation"]
    assert said["slices"] and "ceiling" in said and said["test"]["reliability"]["bins"]
    assert said["calibration"]["temperature"] > 0 and said["test"]["weighted"]["f1"] > 0


def test_the_models_page_shows_calibration_and_parts(judged: Run, admin: User) -> None:
    client = Client()
    client.force_login(admin)
    page = client.get(f"/models/{judged.version.model.name}/").content.decode()
    assert "Calibration and parts" in page and "Temperature, fitted on dev" in page


def test_spans_show_words_and_what_went_wrong(judged: Run) -> None:
    judged.report["test"] |= {
        "tokens": {"labels": {"question": SCORES}, "micro": SCORES, "macro": SCORES, "weighted": SCORES},
        "matched": {
            "confusion": {"labels": ["question", ""], "matrix": [[3, 1], [2, 0]]},
            "kinds": {"exact": 2, "ends": 1, "label": 0, "both": 0, "missed": 1, "spurious": 2},
        },
    }
    page = EvaluationPage(judged, "micro_f1")
    assert [row[0]["text"] for row in page.word_rows] == ["question", "micro", "macro", "weighted"]
    assert page.matched_columns[-1]["title"] == "missed" and page.matched_rows[-1][0]["text"] == "made up"
    assert ("Right label, other ends", "1") in page.kinds


def test_small_parts_are_pale(judged: Run) -> None:
    rows = EvaluationPage(judged, "accuracy").slice_rows
    assert rows and all(cell["muted"] for row in rows for cell in row)  # a dozen items are few
    figure = EvaluationPage(judged, "accuracy").slice_figure
    assert set(figure["data"][0]["marker"]["opacity"]) == {0.35} and "color" not in str(figure)
