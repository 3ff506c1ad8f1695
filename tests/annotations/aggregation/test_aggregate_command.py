from io import StringIO

import pytest
from django.core.management import CommandError

from annotations.aggregation.table import read_truth
from annotations.management.commands.aggregate import Command

LABELS = "task,worker,label\n" + "".join(f"t{i},w{w},{'ab'[i % 2]}\n" for i in range(6) for w in range(3))


def aggregate(labels, out, **options):
    printed = StringIO()
    defaults = {"method": "dawid-skene", "truth": None}
    Command(stdout=printed).handle(labels=labels, out=out, **(defaults | options))
    return printed.getvalue()


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(LABELS)
    return path


def test_it_writes_the_truth_without_a_database(labels, tmp_path):
    printed = aggregate(labels, tmp_path / "truth.csv")
    assert printed.startswith("6 tasks from 18 labels by dawid-skene")
    assert read_truth(tmp_path / "truth.csv") == {f"t{i}": "ab"[i % 2] for i in range(6)}


def test_with_the_truth_it_prints_every_method_the_chosen_one_first(labels, tmp_path):
    truth = tmp_path / "known.csv"
    truth.write_text("task,label\nt0,a\nt1,b\nt2,b\n")
    lines = aggregate(labels, tmp_path / "out.csv", truth=truth, method="wawa").splitlines()[1:]
    assert [line.split()[0] for line in lines] == [
        "wawa",
        "hierarchical",
        "majority",
        "dawid-skene",
        "one-coin",
        "glad",
        "mace",
    ]
    assert lines[0].split()[1:3] == ["0.6667", "2/3"]


def test_a_bad_file_is_one_clear_line(labels, tmp_path):
    labels.write_text(LABELS + "t9,w1\n")
    with pytest.raises(CommandError, match="line 20: only 2 columns"):
        aggregate(labels, tmp_path / "truth.csv")
    assert not (tmp_path / "truth.csv").exists()


def test_free_text_is_refused_with_advice(tmp_path):
    labels = tmp_path / "texts.csv"
    labels.write_text("task,worker,label\n" + "".join(f"t{i},w{i % 50},text {i}\n" for i in range(1000)))
    with pytest.raises(CommandError, match="Is this free text or numbers"):
        aggregate(labels, tmp_path / "truth.csv")
