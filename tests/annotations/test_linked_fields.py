"""Scales, ranks and relations from the answers to consensus, review, gold and the export."""

import csv
import io
import json
import zipfile
from typing import Any

import pyarrow.parquet as pq
import pytest

from annotations import consensus, fitting, gold
from annotations.models import Answer, Consensus
from tasks_app.importing import job as work
from tasks_app.models import Item, Project
from tasks_app.services import imports
from tests.annotations.crowd import answer, decide, make_reviewer
from tests.factories import client_of, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db

FIELDS: list[dict[str, Any]] = [
    {"name": "qa", "type": "span", "labels": ["question", "answer"]},
    {"name": "links", "type": "relation", "from": "qa", "labels": ["answers"], "from_labels": ["answer"]},
    {"name": "tone", "type": "scale", "min": -2, "max": 2, "low": "rude", "high": "kind"},
    {"name": "mood", "type": "scale", "scope": "turn", "speakers": ["customer"]},
    {"name": "best", "type": "rank"},
]
PAYLOAD = {
    "turns": [
        {"speaker": "customer", "text": "👩🏽‍💻 Where is it? 订单在哪里？"},
        {"speaker": "agent", "text": "إنه في الطريق. On its way!"},
    ],
    "candidates": [
        {"id": "a", "text": "Sorry!"},
        {"id": "ب", "text": "قريبًا"},
        {"id": "c", "text": "马上到 🚚"},
    ],
}
ENGLISH = {"turn": 0, "start": 5, "end": 17, "label": "question"}
CHINESE = {"turn": 0, "start": 18, "end": 24, "label": "question"}
ARABIC = {"turn": 1, "start": 0, "end": 14, "label": "answer"}
ALSO = {"turn": 1, "start": 15, "end": 26, "label": "answer"}
RANKING = ["c", "a", "ب"]


def link(a: int, b: int) -> dict[str, Any]:
    return {"from": a, "to": b, "label": "answers"}


def said(spans: list[Any], links: list[Any], tone: int = 1, best: list[str] = RANKING) -> dict[str, Any]:
    mood = [{"turn": 0, "value": 2}]
    return {"qa": spans, "links": links, "tone": tone, "mood": mood, "best": best}


TRUTH = said([ENGLISH, CHINESE, ARABIC, ALSO], [link(2, 1), link(3, 0)])


@pytest.fixture
def project() -> Project:
    return make_project(fields=FIELDS, overlap_max=3, confidence=0.5, title="Replies")


@pytest.fixture
def item(project: Project) -> Item:
    return make_items(project, payloads=[PAYLOAD])[0]


def held(item: Item) -> dict[str, Any]:
    return dict(Consensus.objects.filter(item=item).values_list("field", "value"))


def same_thing_said_differently() -> list[dict[str, Any]]:
    """Other orders of marking, and boundaries that are a little off."""
    return [
        said([ALSO, ARABIC, CHINESE, ENGLISH], [link(1, 2), link(0, 3)]),
        said([ENGLISH, ALSO, CHINESE, ARABIC], [link(1, 0), link(3, 2)]),
        said([ENGLISH, CHINESE, ARABIC, ALSO | {"end": 25}], [link(3, 0), link(2, 1)]),
    ]


def test_links_agree_whatever_the_order_and_the_exact_boundaries(item: Item) -> None:
    decide(item, *same_thing_said_differently())
    assert held(item) == TRUTH
    assert item.state == "closed"
    assert set(Consensus.objects.values_list("state", flat=True)) == {"approved"}


def test_a_full_fit_decides_the_same(project: Project) -> None:
    items = make_items(project, 6, payloads=[PAYLOAD] * 6)
    for each in items:
        for value in same_thing_said_differently():
            answer(each, make_user(), value)
    assert fitting.refit(project.pk, wait=True)
    assert all(held(each) == TRUTH for each in items)


def test_who_did_not_mark_a_span_has_no_say_in_its_links(item: Item) -> None:
    few = said([ENGLISH, ALSO], [link(1, 0)])
    decide(item, TRUTH, TRUTH, few)
    assert held(item)["links"] == TRUTH["links"]


def test_a_correction_of_spans_takes_the_links_with_it(item: Item) -> None:
    decide(item, TRUTH, said([ENGLISH, ALSO], [link(1, 0)], best=["a", "c", "ب"]), said([], [], tone=-2))
    rows = {row.field: row for row in Consensus.objects.filter(item=item)}
    rows["links"].value = TRUTH["links"]
    rows["links"].save()
    rows["qa"].value, rows["qa"].state = TRUTH["qa"], "review"
    rows["qa"].save()
    reviewer = client_of(make_reviewer(item.project))
    body = {"value": [ALSO, ENGLISH], "reason": "Only the English part counts."}
    assert reviewer.post(f"/api/v1/consensus/{rows['qa'].pk}/correct", body).status_code == 200
    assert held(item)["qa"] == [ENGLISH, ALSO]
    assert held(item)["links"] == [link(1, 0)]


def test_a_reviewer_may_take_over_an_answer_whose_spans_are_in_another_order(item: Item) -> None:
    shuffled = [ALSO, ARABIC, CHINESE, ENGLISH]
    decide(item, said(shuffled, [link(1, 2), link(0, 3)]), said(shuffled, [link(1, 3)]), said(shuffled, []))
    row = Consensus.objects.get(field="links")
    Consensus.objects.filter(pk=row.pk).update(state="review")
    reviewer = client_of(make_reviewer(item.project))
    entries = reviewer.get(f"/api/v1/projects/{item.project_id}/reviews?page_size=100").json()["results"]
    entry = next(entry for entry in entries if entry["field"] == "links")
    assert entry["beside"]["qa"] == TRUTH["qa"]
    offered = [one["value"] for one in entry["answers"]]
    assert [link(2, 1), link(3, 0)] in offered
    corrected = reviewer.post(
        f"/api/v1/consensus/{row.pk}/correct", {"value": [link(3, 0), link(2, 1)], "reason": "Both."}
    )
    assert corrected.json()["value"] == [link(2, 1), link(3, 0)]
    row.refresh_from_db()
    assert row.posterior["1.0.14>0.18.24"] == {"answers": 1.0}
    bad = {"value": [link(9, 0)], "reason": "x"}
    Consensus.objects.filter(pk=row.pk).update(state="review")
    refused = reviewer.post(f"/api/v1/consensus/{row.pk}/correct", bad)
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/value/0/from"


def test_gold_counts_links_not_their_indexes(project: Project) -> None:
    item = make_items(project, payloads=[PAYLOAD], gold=TRUTH)[0]
    worker = make_user()
    answer(item, worker, same_thing_said_differently()[0])
    gold.score_item(item.pk)
    scores = Answer.objects.get(worker=worker).gold_scores
    assert scores == {"qa": 1.0, "links": 1.0, "tone": 1.0, "mood": 1.0, "best": 1.0}
    other = make_user()
    answer(item, other, said([ENGLISH, ALSO], [link(1, 0)], tone=-2, best=["a", "c", "ب"]))
    gold.score_item(item.pk)
    scores = Answer.objects.get(worker=other).gold_scores
    assert scores["links"] == pytest.approx(2 / 3) and scores["tone"] == pytest.approx(1 / 4)
    assert scores["best"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"links": [link(0, 9)]}, "/answer/links/0/to"),
        ({"links": [link(0, 3)]}, "/answer/links/0/from"),
        ({"tone": 3}, "/answer/tone"),
        ({"mood": [{"turn": 1, "value": 1}]}, "/answer/mood/0/turn"),
        ({"best": ["a", "a", "c"]}, "/answer/best/1"),
        ({"best": ["a"]}, "/answer/best"),
    ],
)
def test_a_bad_answer_is_refused_with_its_place(item: Item, change: Any, pointer: str) -> None:
    worker = make_user()
    assignment = lease(item, worker)
    refused = client_of(worker).post(
        f"/api/v1/assignments/{assignment.pk}/submit", {"answer": TRUTH | change, "seconds": 3}
    )
    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


# -- out and in again --------------------------------------------------------------------------------------


def export(project: Project, format: str, which: str = "approved") -> Any:
    url = f"/api/v1/projects/{project.pk}/export?format={format}&which={which}"
    return client_of(project.owner).get(url).getvalue()


def load(project: Project, content: bytes, format: str = "jsonl") -> None:
    job = imports.start_import(
        project=project, actor=project.owner, chunks=[content], format=format, options={}
    )
    work.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.errors) == ("succeeded", [])


@pytest.mark.parametrize("which", ["approved", "all"])
def test_an_export_of_one_project_feeds_another(project: Project, item: Item, which: str) -> None:
    decide(item, *same_thing_said_differently())
    body = export(project, "jsonl", which)
    other = make_project(fields=FIELDS, privacy_policy="keep")
    load(other, body)
    copy = Item.objects.get(project=other)
    assert copy.payload == PAYLOAD and held(copy) == TRUTH
    assert Answer.objects.filter(item=copy).count() == (3 if which == "all" else 0)
    assert json.loads(export(other, "jsonl"))["approved"] == TRUTH


@pytest.mark.parametrize("which", ["approved", "all"])
def test_what_label_studio_is_given_comes_back_from_it(project: Project, item: Item, which: str) -> None:
    decide(item, *same_thing_said_differently())
    other = make_project(fields=FIELDS, privacy_policy="keep")
    load(other, export(project, "label-studio", which), "json")
    copy = Item.objects.get(project=other)
    assert (copy.external_id, copy.payload, held(copy)) == (item.external_id, PAYLOAD, TRUTH)
    given = list(Answer.objects.filter(item=copy).values_list("value", flat=True))
    assert len(given) == (3 if which == "all" else 0)
    assert all(value["best"] == RANKING and len(value["links"]) == 2 for value in given)


def test_answers_from_elsewhere_are_aggregated(project: Project) -> None:
    answers = [
        {"annotator": f"w{n}", "value": value} for n, value in enumerate(same_thing_said_differently())
    ]
    load(project, json.dumps({"id": "x", **PAYLOAD, "answers": answers}).encode())
    consensus.aggregate_waiting()
    assert held(Item.objects.get(project=project)) == TRUTH


def test_a_table_of_gold_may_be_imported(project: Project) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "turns", "candidates", *(f"gold.{name}" for name in TRUTH)])
    cells = [json.dumps(value) for value in (PAYLOAD["turns"], PAYLOAD["candidates"], *TRUTH.values())]
    writer.writerow(["x", *cells])
    load(project, out.getvalue().encode(), "csv")
    assert Item.objects.get(project=project).gold == TRUTH


def test_links_stay_with_their_spans_when_personal_data_is_replaced() -> None:
    project = make_project(fields=FIELDS[:2])
    text = "My e-mail is someone@example.com, ok? Yes, it is."
    question = {"turn": 0, "start": 0, "end": 37, "label": "question"}
    reply = {"turn": 0, "start": 38, "end": 49, "label": "answer"}
    approved = {"qa": [reply, question], "links": [link(0, 1)]}
    load(project, json.dumps({"id": "x", "text": text, "approved": approved}).encode())
    item = Item.objects.get(project=project)
    now, found = item.payload["text"], held(item)
    assert "someone@example.com" not in now
    texts = [now[span["start"] : span["end"]] for span in found["qa"]]
    assert texts[1] == "Yes, it is." and texts[0].endswith("ok?")
    assert found["links"] == [link(1, 0)]


def test_csv_has_numbers_as_numbers_and_the_candidates(project: Project, item: Item) -> None:
    decide(item, *[TRUTH | {"tone": -1}] * 3)
    row = next(csv.DictReader(io.StringIO(export(project, "csv").decode().removeprefix("\ufeff"))))
    assert row["tone"] == "-1" and json.loads(row["best"]) == RANKING
    assert json.loads(row["candidates"]) == PAYLOAD["candidates"]
    assert json.loads(row["links"]) == TRUTH["links"]


def test_parquet_has_columns_of_their_own_kinds(project: Project, item: Item) -> None:
    decide(item, *[TRUTH] * 3)
    with zipfile.ZipFile(io.BytesIO(export(project, "hf"))) as bundle:
        table = pq.read_table(io.BytesIO(bundle.read("data/train.parquet")))
        card = bundle.read("README.md").decode()
    assert str(table.schema.field("tone").type) == "int32"
    row = table.to_pylist()[0]
    assert {name: row[name] for name in TRUTH} == TRUTH
    assert "-2 (rude) to 2 (kind)" in card and "indexes into `qa`" in card


def test_label_studio_gets_numbers_rankings_and_relations(project: Project, item: Item) -> None:
    decide(item, *[TRUTH] * 3)
    task = json.loads(export(project, "label-studio"))[0]
    assert task["data"]["candidates"][1] == {"id": "ب", "body": "قريبًا"}
    results = task["annotations"][0]["result"]
    regions = {r["id"]: r["value"]["text"] for r in results if r.get("from_name") == "qa"}
    relations = [r for r in results if r["type"] == "relation"]
    assert [(regions[r["from_id"]], regions[r["to_id"]]) for r in relations] == [
        ("إنه في الطريق.", "订单在哪里？"),
        ("On its way!", "Where is it?"),
    ]
    assert relations[0]["labels"] == ["answers"] and relations[0]["direction"] == "right"
    assert {"number": 1} in [r["value"] for r in results if r["type"] == "number"]
    assert {"ranker": {"rank": RANKING}} in [r["value"] for r in results if r["type"] == "ranker"]


def test_conll_still_has_the_spans(project: Project, item: Item) -> None:
    decide(item, *[TRUTH] * 3)
    assert "إنه\tB-answer" in export(project, "conll").decode()


# -- pages -------------------------------------------------------------------------------------------------


def test_the_item_s_page_shows_texts_not_indexes(project: Project, item: Item) -> None:
    decide(item, *[TRUTH] * 3)
    page = client_of(project.owner)
    page.force_login(project.owner)
    html = page.get(f"/items/{item.pk}/").content.decode()
    assert "On its way!" in html and "answers →" in html and "马上到 🚚" in html
    assert "-2 rude – 2 kind" in html


def test_the_review_page_offers_points_and_shows_links(project: Project, item: Item) -> None:
    decide(item, *[TRUTH] * 3)
    page = client_of(project.owner)
    page.force_login(project.owner)
    for name, expected in (("tone", 'value="-2"'), ("links", "Indexes into qa"), ("best", 'class="ranked"')):
        Consensus.objects.update(state="approved")
        Consensus.objects.filter(field=name).update(state="review")
        html = page.get(f"/projects/{project.pk}/review/").content.decode()
        assert expected in html
