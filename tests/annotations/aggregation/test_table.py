import csv
import gzip

import pytest

from annotations.aggregation.inference import infer
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.table import BadTable, read_judgments, read_truth, score_methods, write_truth

GOOD = "task,worker,label\nt1,w1,a\nt1,w2,a\nt2,w1,b\n"
JUDGMENTS = [Judgment("w1", "t1", "a"), Judgment("w2", "t1", "a"), Judgment("w1", "t2", "b")]


def put(folder, name, content):
    path = folder / name
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("l.csv", GOOD),
        ("l.csv.gz", GOOD),
        ("l.tsv", GOOD.replace(",", "\t")),
        ("l.tsv.gz", GOOD.replace(",", "\t")),
        ("l.csv", "\ufeff" + GOOD),
        ("l.csv", GOOD.replace("\n", "\r\n") + "\r\n\r\n"),
        ("l.csv", "seconds,Label,task , worker\n3,a,t1,w1\n4,a,t1,w2\n5,b,t2,w1\n"),
        ("l.csv", 'task,worker,label\n"t1","w1","a"\nt1,w2, a\nt2,w1,b'),
    ],
)
def test_it_reads_tables_of_every_kind(tmp_path, name, content):
    assert read_judgments(put(tmp_path, name, content)) == JUDGMENTS


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("l.csv", "", "line 1: no column task and no column worker and no column label; found nothing"),
        ("l.csv", "item,worker,label\n", "line 1: no column task; found item, worker, label"),
        ("l.csv", "task,worker,label\n", "no labels below the header"),
        ("l.csv", GOOD + "t3,w1\n", "line 5: only 2 columns"),
        ("l.csv", GOOD + "t3,,a\n", "line 5: the worker is empty"),
        ("l.csv", GOOD + "t3,w1, \n", "line 5: the label is empty"),
        ("l.csv", GOOD.encode() + b"t3,w1,\xff\n", "line 5: not UTF-8"),
        ("l.csv", GOOD + 't3,"w1"x,a\n', "line 5: "),
        ("l.csv", GOOD + 't3,"w1,a\n', "line 5: unexpected end of data"),
        ("l.csv", GOOD + "t3,w1," + "x" * 200_000, "line 5: longer than 100000 bytes"),
        ("l.tsv", GOOD, "line 1: no column task"),
    ],
)
def test_it_names_the_line_that_is_wrong(tmp_path, name, content, message):
    path = put(tmp_path, name, content)
    with pytest.raises(BadTable) as refusal:
        read_judgments(path)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)


def test_it_refuses_a_cut_gzip_file_and_one_that_is_none(tmp_path):
    whole = gzip.compress((GOOD * 500).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-20])
    (tmp_path / "none.csv.gz").write_text(GOOD)
    for name in ("cut.csv.gz", "none.csv.gz"):
        with pytest.raises(BadTable, match="the gzip file is damaged"):
            read_judgments(tmp_path / name)


def test_it_refuses_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(BadTable, match="No such file"):
        read_judgments(tmp_path / "none.csv")
    with pytest.raises(BadTable, match="Is a directory"):
        read_judgments(tmp_path)


def test_a_task_has_one_truth(tmp_path):
    assert read_truth(put(tmp_path, "t.csv", "task,label\nt1,a\nt1,a\nt2,b\n")) == {"t1": "a", "t2": "b"}
    with pytest.raises(BadTable, match="row 3: the task 't1' has another true label"):
        read_truth(put(tmp_path, "t.csv", "task,label\nt1,a\nt1,b\n"))


@pytest.mark.parametrize("name", ["truth.csv", "truth.tsv", "truth.csv.gz"])
def test_what_is_written_can_be_read_as_truth(tmp_path, name):
    assert write_truth(tmp_path / name, infer(JUDGMENTS)) == 2
    assert read_truth(tmp_path / name) == {"t1": "a", "t2": "b"}


def test_it_writes_the_confidence_and_leaves_nothing_else(tmp_path):
    write_truth(tmp_path / "truth.csv", infer(JUDGMENTS, method="majority"))
    with (tmp_path / "truth.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"task": "t1", "label": "a", "confidence": "1.0000"}
    assert [path.name for path in tmp_path.iterdir()] == ["truth.csv"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "none" / "truth.csv", tmp_path / "folder.csv"):
        with pytest.raises(BadTable, match="cannot be written"):
            write_truth(path, infer(JUDGMENTS, method="majority"))
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_failed_write_keeps_the_old_file(tmp_path):
    (tmp_path / "truth.csv").write_text("old")
    broken = infer(JUDGMENTS, method="majority")
    broken.posterior["t3"] = {"\ud800": 1.0}
    with pytest.raises(UnicodeEncodeError):
        write_truth(tmp_path / "truth.csv", broken)
    assert (tmp_path / "truth.csv").read_text() == "old"


def test_scores_count_only_tasks_with_labels_and_truth():
    scores = list(score_methods(JUDGMENTS, {"t1": "a", "t2": "a", "t9": "a"}, ("majority", "dawid-skene")))
    assert [(score.method, score.correct, score.compared, score.accuracy) for score in scores] == [
        ("majority", 1, 2, 0.5),
        ("dawid-skene", 1, 2, 0.5),
    ]


def test_what_would_take_too_long_is_left_out_unless_asked_for():
    many = [Judgment("w1", f"t{i}", "a") for i in range(30_001)]
    (left_out,) = score_methods(many, {"t1": "a"}, ("glad",))
    assert left_out.accuracy is None
    assert "left out" in left_out.note
    (asked_for,) = score_methods(many, {"t1": "a"}, ("glad",), always="glad")
    assert asked_for.accuracy == 1.0
