from training import figures
from training.journal import Point
from training.showing import parts_of
from training.tables import confusion_rows, report_columns, report_rows

SCORES = {"precision": 0.5, "recall": 1.0, "f1": 0.667, "support": 1200}


def points(count: int) -> list[Point]:
    steps = [Point("step", n, {"loss": 1 / n, "tokens_per_second": 100.0 * n}) for n in range(1, count + 1)]
    return [*steps, Point("eval", count, {"value": 0.8, "metric": "micro_f1"})]


def test_curves_show_the_dev_figure_and_the_loss() -> None:
    dev, loss = figures.learning_curves(points(4), metric="micro F1")["data"]
    assert dev["x"] == [4] and dev["y"] == [0.8] and dev["yaxis"] == "y2"
    assert loss["x"] == [1, 2, 3, 4] and loss["y"] == [1, 0.5, 1 / 3, 0.25]


def test_no_colours_and_no_arrays_in_binary() -> None:
    figure = figures.learning_curves(points(3), metric="accuracy")
    assert "template" not in figure["layout"]
    assert all(isinstance(trace["y"], list) for trace in figure["data"])
    assert "color" not in str(figure)


def test_a_long_run_is_thinned_to_means() -> None:
    [trace] = figures.speed(points(figures.MOST_POINTS * 3))["data"]
    assert len(trace["x"]) == figures.MOST_POINTS
    assert trace["y"][0] == 200.0 and trace["x"][-1] == figures.MOST_POINTS * 3


def test_a_run_without_points_has_empty_charts() -> None:
    assert [trace["x"] for trace in figures.learning_curves([], metric="x")["data"]] == [[], []]


def test_bars_stand_beside_each_other_per_label() -> None:
    report = {"labels": {"question": SCORES}}
    one, two = figures.label_scores([("this", report), ("baseline", {"labels": {}})], ["question"])["data"]
    assert one["y"] == [0.667] and two["y"] == [0.0]


def test_report_rows_stand_beside_baseline_and_production() -> None:
    report = {"labels": {"question": SCORES}, "micro": SCORES, "macro": SCORES}
    baseline = {"labels": {"question": {**SCORES, "f1": 0.25}}, "micro": SCORES, "macro": SCORES}
    compared = {"labels": {"question": 0.7}, "micro": 0.6, "macro": None}
    rows = report_rows(report, baseline, compared)
    assert [cell["text"] for cell in rows[0]] == [
        "question",
        "0.500",
        "1.000",
        "0.667",
        "1,200",
        "0.250",
        "-0.033",
    ]
    assert [row[-1]["text"] for row in rows] == ["-0.033", "+0.067", "–"]
    assert len(report_columns(baseline=True, production=6)) == 7


def test_confusion_is_heated_by_the_share_of_its_row() -> None:
    rows = confusion_rows({"confusion": {"labels": ["a", ""], "matrix": [[9, 1], [0, 0]]}})
    assert [cell.get("heat") for cell in rows[0][1:]] == [5, 1]
    assert [cell.get("heat") for cell in rows[1][1:]] == [None, None]
    assert rows[1][0]["text"] == "–"


def test_text_is_cut_into_marked_parts() -> None:
    spans = [{"start": 4, "end": 7, "label": "b"}, {"start": 0, "end": 5, "label": "a"}]
    parts = parts_of("hello you", spans, ["a", "b"])
    assert [(part["text"], part.get("label"), part.get("color")) for part in parts] == [
        ("hello", "a", 1), (" y", "b", 2), ("ou", None, None),
    ]  # fmt: skip
