"""Topics, common questions, courses and distributions of a small project, from the job to page and REST."""

import csv
import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse

from accounts.models import User
from annotations.models import Answer
from privacy.holders import Subject
from tasks_app.models import Item, Project
from tasks_app.pseudonyms import pseudonym
from tests.factories import client_of, make_items, make_user
from tests.privacy.subjects import erase, residue
from tests.training.talk import ANSWERED, ASKED, TURNS, dialogue, finish, make_talked
from training import analysing, finding_topics, tasks
from training.analysis_parts import PARTS
from training.models import Analysis, AnalysisResult
from training.models.analysis import folder_of
from training.services.analysis import ask_analysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def talked(db: None, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Twelve dialogues of three kinds: so few distinct texts that nothing is compiled."""
    monkeypatch.setattr(tasks.predict_analysis, "apply_async", lambda *_a, **_k: None)
    return make_talked()


@pytest.fixture
def analysed(talked: Project) -> Project:
    finish(talked)
    return talked


def table(project: Project, name: str, **query: Any) -> list[dict[str, Any]]:
    url = f"/api/v1/projects/{project.pk}/analysis/tables/{name}"
    answer = client_of(project.owner).get(url, query)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["rows"])


def test_questions_are_counted_with_their_usual_answer(analysed: Project) -> None:
    first, *others = table(analysed, "questions")
    assert (first["question"], first["count"]) == (ASKED["refund"], 6)
    assert (first["answer"], first["answered"]) == (ANSWERED["refund"], 6)
    assert {row["count"] for row in others} <= {3, 6}


def test_emotions_run_from_angry_to_calm(analysed: Project) -> None:
    share = {(row["part"], row["label"]): row["share"] for row in table(analysed, "courses")}
    assert share[1, "angry"] == 0.5 and share[10, "angry"] == 0 and share[10, "calm"] == 1
    paths = {(row["path"], row["dialogues"]) for row in table(analysed, "paths")}
    assert paths == {("angry → calm", 6), ("calm", 6)}


def test_labels_lengths_times_speakers_and_languages_are_counted(analysed: Project) -> None:
    labels = {(row["field"], row["label"]): row["count"] for row in table(analysed, "labels")}
    assert labels == {
        ("emotion", "angry"): 6,
        ("emotion", "calm"): 18,
        ("qa", "question"): 12,
        ("qa", "answer"): 12,
    }
    assert sum(row["count"] for row in table(analysed, "lengths")) == 36
    assert sum(row["count"] for row in table(analysed, "turns")) == 12
    assert [row["items"] for row in table(analysed, "times") if row["items"]] == [6, 6]
    assert {row["name"]: row["turns"] for row in table(analysed, "speakers")} == {"customer": 24, "agent": 12}
    assert table(analysed, "languages") == [{"name": "en", "turns": 36}]


def test_time_is_what_the_import_told(analysed: Project) -> None:
    assert table(analysed, "times")[0]["start"] == "2026-01-15"


def test_a_filter_counts_anew_without_a_new_job(analysed: Project) -> None:
    annotator = make_user("one")
    chosen = Item.objects.filter(project=analysed, payload__turns__0__text=ASKED["delivery"])
    schema = analysed.schema_versions.get()
    for item in chosen:
        Answer.objects.create(project=analysed, item=item, worker=annotator, schema_version=schema, value={})
    angry = table(analysed, "questions", label="angry")
    assert [(row["question"], row["count"]) for row in angry] == [(ASKED["refund"], 6)]
    of_one = table(analysed, "questions", annotator=pseudonym(analysed.pk, annotator.pk))
    assert [(row["question"], row["count"]) for row in of_one] == [(ASKED["delivery"], 3)]
    tomorrow = datetime(2100, 1, 1, tzinfo=UTC).date().isoformat()
    assert table(analysed, "questions", since=tomorrow) == []
    assert Analysis.objects.count() == 1


def test_turns_of_a_question_lead_to_their_items(analysed: Project) -> None:
    url = f"/api/v1/projects/{analysed.pk}/analysis/turns"
    found = client_of(analysed.owner).get(url, {"question": 1}).json()
    assert found["count"] == 6
    assert {(turn["text"], turn["turn"]) for turn in found["turns"]} == {(ASKED["refund"], 0)}
    assert Item.objects.filter(pk__in=[turn["item"] for turn in found["turns"]]).count() == 6
    everything = client_of(analysed.owner).get(url).json()
    assert everything["count"] == 36
    assert client_of(analysed.owner).get(url, {"topic": 99}).json()["count"] == 0


def test_files_hold_no_texts(analysed: Project) -> None:
    folder = AnalysisResult.objects.get(part="topics").folder
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert kept
    assert not [text for text in TURNS if text.encode() in kept]


def test_an_erasure_takes_what_was_found_in_the_project(analysed: Project) -> None:
    item = Item.objects.filter(project=analysed).first()
    assert item is not None
    subject = Subject(items=frozenset([item.pk]))
    assert residue(subject)["training"]["files"] >= 1
    erase(subject)
    assert not AnalysisResult.objects.filter(project=analysed).exists()


def test_an_erasure_while_it_is_at_work_leaves_no_file(
    talked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject(items=frozenset([talked.items.first().pk]))  # type: ignore[union-attr]
    usual = finding_topics.find_topics

    def erased_meanwhile(*given: Any, **named: Any) -> Any:
        erase(subject)
        return usual(*given, **named)

    monkeypatch.setattr(finding_topics, "find_topics", erased_meanwhile)
    wish = ask_analysis(project=talked, actor=None)
    while analysing.execute(wish.pk):
        pass
    assert not Analysis.objects.exists()
    assert not [path for path in folder_of(talked.pk).rglob("*") if path.is_file()]


def test_with_more_items_topics_and_places_go_on(analysed: Project) -> None:
    before = AnalysisResult.objects.get(part="topics")
    make_items(analysed, slots=0, payloads=[dialogue("other")])
    after = finish(analysed)
    assert after.pk != before.pk
    assert after.data["turns"] == 39
    known = {one["number"]: one["name"] for one in before.data["topics"]}
    assert {one["number"]: one["name"] for one in after.data["topics"]}.items() >= known.items()
    assert after.data["last_number"] == before.data["last_number"]


def test_what_is_withdrawn_later_is_shown_no_more(analysed: Project) -> None:
    Item.objects.filter(project=analysed).update(state=Item.State.WITHDRAWN)
    assert table(analysed, "questions") == []


PAGES = ("topics", "questions", "courses", "distributions")


@pytest.mark.parametrize("name", PAGES)
def test_each_page_shows_its_pictures_and_strangers_see_none(
    analysed: Project, client: Client, stranger: User, name: str
) -> None:
    url = reverse("analysis-part", args=[analysed.pk, name])
    client.force_login(analysed.owner)
    page = client.get(url)
    assert page.status_code == 200
    said = page.content.decode()
    assert {"topics": "chart-map", "questions": ASKED["refund"]}.get(name, 'data-chart="chart-') in said
    client.force_login(stranger)
    assert client.get(url).status_code == 404


def test_a_question_opens_with_its_turns(analysed: Project, client: Client) -> None:
    client.force_login(analysed.owner)
    said = client.get(reverse("analysis-part", args=[analysed.pk, "questions"]), {"question": "1"})
    item = Item.objects.filter(payload__turns__0__text=ASKED["refund"]).first()
    assert item is not None
    assert reverse("item", args=[item.pk]) in said.content.decode()


def test_a_table_comes_as_a_file_that_no_spreadsheet_runs(analysed: Project, client: Client) -> None:
    for item in Item.objects.filter(project=analysed):
        item.payload["turns"][0]["text"] = "=" + item.payload["turns"][0]["text"]
        item.save(update_fields=["payload"])
    client.force_login(analysed.owner)
    answer = client.get(reverse("analysis-table", args=[analysed.pk, "questions"]))
    head, first, *_others = csv.reader(io.StringIO(answer.content.decode()))
    assert head[:2] == ["Question", "Asked"]
    assert first[0].startswith("'=")
    assert client.get(reverse("analysis-table", args=[analysed.pk, "nothing"])).status_code == 404


def test_another_encoder_is_another_analysis(settings: Any) -> None:
    part = PARTS["topics"]
    before = part.key("data", {})
    settings.BASE_MODEL = "another"
    assert part.key("data", {}) != before


def test_without_the_files_it_says_so(analysed: Project, client: Client) -> None:
    import shutil

    shutil.rmtree(folder_of(analysed.pk))
    client.force_login(analysed.owner)
    assert client.get(reverse("analysis-part", args=[analysed.pk, "topics"])).status_code == 404
    assert site.ARTIFACTS_DIR.exists()


def test_a_project_without_items_of_turns_has_empty_pictures(
    talked: Project, client: Client
) -> None:  # fmt: skip
    Item.objects.filter(project=talked).delete()
    make_items(talked, slots=0, payloads=[{"text": "thanks"}])
    finish(talked)
    client.force_login(talked.owner)
    for name in PAGES:
        assert client.get(reverse("analysis-part", args=[talked.pk, name])).status_code == 200


def test_labels_of_an_item_stand_in_the_order_of_its_fields_names() -> None:
    """Not in that of a set, which is another in each process."""
    names = [f"field{number}" for number in range(20)]
    item = SimpleNamespace(values=dict.fromkeys(names, "refund"))
    fields = [SimpleNamespace(name=name, type="choice") for name in names]
    found = finding_topics._labels(SimpleNamespace(fields=fields, items=lambda: iter([item])))
    assert found.field.tolist() == sorted(names)


def test_a_question_whose_first_asker_is_restricted_is_told_in_anothers_words(analysed: Project) -> None:
    first = table(analysed, "questions")[0]
    Item.objects.filter(pk=first["item"]).update(restricted=True)
    again = table(analysed, "questions")[0]
    assert (again["question"], again["count"]) == (ASKED["refund"], 6) and again["item"] != first["item"]
    Item.objects.filter(pk=again["item"]).update(restricted=True)
    page = Client()
    page.force_login(analysed.owner)
    home = reverse("analysis-part", args=[analysed.pk, "questions"])
    assert f"/items/{first['item']}/" not in page.get(home).text and ASKED["refund"] in page.get(home).text
    assert page.get(f"{home}?question={'9' * 5000}").status_code == 200
    Item.objects.update(restricted=True)
    assert table(analysed, "questions") == [] and page.get(home).status_code == 200
