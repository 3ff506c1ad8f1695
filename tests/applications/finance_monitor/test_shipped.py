"""What ships with the monitor: data that tests honestly, figures, and a first stream for the page."""

import json
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from applications import asking
from applications.finance_monitor import kind
from applications.finance_monitor.models import Alert, NewsText
from applications.finance_monitor.scoring import Judged, accuracy, interval, macro_f1, majority
from applications.finance_monitor.wordlists import sentiment_by_lexicon, topics_by_keyword
from applications.kinds import find_kind
from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import template
from tasks_app.importing.lines import parse_item
from tasks_app.models import Project
from tests.applications.finance_monitor.conftest import NOW, Said
from training.engine.config import FitConfig

LANGUAGES = ("en", "zh")


def rows(language: str) -> list[dict[str, object]]:
    path = kind.DATA / f"{language}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_test_item_says_what_a_training_item_says(language: str) -> None:
    splits: dict[str, set[object]] = {}
    for row in rows(language):
        splits.setdefault(str(row["group"]), set()).add(row["split"])
    assert all(len(one) == 1 for one in splits.values())
    texts = [row["text"] for row in rows(language)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_item_fits_the_template_and_every_label_is_tested(language: str) -> None:
    fields = parse_fields(template("finance-monitor").fields)
    tested: Counter[str] = Counter()
    for row in rows(language):
        parsed = parse_item(row, fields)
        assert parsed.approved is not None
        if parsed.split == "test":
            tested.update([*parsed.approved["topic"], parsed.approved["sentiment"]])
    assert min(tested.values()) >= 10 and len(tested) == 9
    assert (kind.DATA / f"{language}.jsonl").stat().st_size < 400_000


def test_it_is_registered_with_recipes_that_the_engine_knows() -> None:
    found = find_kind("finance-monitor")
    for field in template("finance-monitor").fields:
        assert FitConfig.from_json({**found.recipes[field["name"]], "head": "choice", "field": field})


def test_the_shipped_stream_ends_with_a_jump() -> None:
    stream = list(kind.shipped_stream(NOW))
    shipped = sum(len(rows(language)) for language in LANGUAGES)
    assert shipped < len({one.text for one in stream}) == len(stream) < 2 * shipped
    midnight = NOW.replace(hour=0)
    last = [
        one for one in stream if one.at is not None and one.at > midnight - timedelta(days=kind.JUMP_DAYS)
    ]
    before = [one for one in stream if one not in last]
    assert all(one.at is not None and one.at < midnight for one in stream)
    # Bad news about energy on top of the usual stream.
    assert len(last) / kind.JUMP_DAYS > 1.2 * len(before) / (kind.DAYS - kind.JUMP_DAYS)


@pytest.mark.django_db
def test_the_first_use_fills_the_page_and_raises_an_alert(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With models that know the shipped labels; twice, it adds nothing."""
    labels = {row["text"]: row["approved"] for language in LANGUAGES for row in rows(language)}
    stream = list(kind.shipped_stream(timezone.now()))
    knowing(monkeypatch, labels)
    kind.prepare(project)
    said = kind.first_use(project, project.owner)
    assert NewsText.objects.filter(state="read").count() == len(stream)
    assert set(Alert.objects.values_list("topic", flat=True)) == {kind.JUMP_TOPIC} and "1" in said
    kind.prepare(project)
    kind.first_use(project, project.owner)
    assert NewsText.objects.count() == len(stream) and Alert.objects.count() == 1


def knowing(monkeypatch: pytest.MonkeyPatch, labels: dict[object, object]) -> None:
    def ask(*, field: str, items: list[dict[str, str]], **_more: object) -> Any:
        known: Any = labels
        # A text whose personal data was replaced is not found again; there is none here but by mistake.
        texts = [item["text"].removeprefix("Update: ").removeprefix("最新消息：") for item in items]
        said = [known.get(text, {"topic": [], "sentiment": "neutral"}) for text in texts]
        return SimpleNamespace(predictions=[Said(one[field]) for one in said])

    monkeypatch.setattr(asking, "ask", ask)


# --- figures ----------------------------------------------------------------------------------------------


def judged(*pairs: tuple[str, str]) -> list[Judged]:
    return [
        Judged(str(n // 2), frozenset(truth.split()), frozenset(said.split()))
        for n, (truth, said) in enumerate(pairs)
    ]


def test_macro_f1_is_the_mean_over_labels() -> None:
    found = judged(("a", "a"), ("a b", "a"), ("b", "a"), ("b", "b"))
    # a: 2 hits of 2 true and 3 said; b: 1 hit of 3 true and 1 said.
    assert macro_f1(found) == pytest.approx((4 / 5 + 2 / 4) / 2)
    assert accuracy(found) == 0.5
    assert macro_f1(majority(found, frozenset("a"))) == pytest.approx((4 / 6) / 2)


def test_the_interval_holds_the_figure_and_is_wider_for_few_groups() -> None:
    few = judged(*([("a", "a"), ("b", "a")] * 4))
    many = judged(*([("a", "a"), ("b", "a")] * 60))
    (low, high), (near, far) = interval(few, accuracy), interval(many, accuracy)
    assert low <= 0.5 <= high and near <= 0.5 <= far and far - near <= high - low


@pytest.mark.parametrize(
    ("text", "topics", "sentiment"),
    [
        ("The central bank warns of a weak economy", ["rates"], "negative"),
        ("利润增长，分红提高", ["earnings"], "positive"),
        ("A takeover that the regulator will approve", ["mergers", "regulation"], "positive"),
        ("Nothing of note", [], "neutral"),
    ],
)
def test_the_plain_baselines(text: str, topics: list[str], sentiment: str) -> None:
    assert topics_by_keyword(text) == topics and sentiment_by_lexicon(text) == sentiment


def test_today_has_no_part_in_the_shipped_stream() -> None:
    assert max(one.at for one in kind.shipped_stream(timezone.now()) if one.at) < timezone.now()
