"""Asking for an analysis: computed once for the same data, by one worker, and taken up again after a kill."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from annotations.models import Consensus
from common.errors import Conflict, Invalid
from privacy.holders import Subject
from tasks_app.models import Item, Project
from tests.factories import CHOICE, client_of, make_items, make_project
from tests.privacy.subjects import erase
from training import analysing, analysis_parts, background, tasks
from training.analysis_data import ITEMS, Source, data_hash, source_of
from training.analysis_filter import Filter, findings_of
from training.analysis_parts import Found, Option, Options, Outcome, Part, Tick
from training.models import Analysis, AnalysisFinding, AnalysisResult, CleaningTask
from training.models.analysis import folder_of
from training.services.analysis import ask_analysis, cancel_analysis

runs: list[str] = []


class Counting(Part):
    """A part that counts items, here without a module of its own."""

    def run(self, source: Source, options: Options, tick: Tick) -> Outcome:
        runs.append(self.name)
        tick(0.5)
        found = [Found("all", one.item, options["weight"]) for one in source.items()]
        return Outcome({"turns": sum(1 for _one in source.turns()), "count": len(found)}, found)


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    runs.clear()
    made = {
        name: Counting(name, "", options={"weight": Option(1.0, 0.0, 9.0)}) for name in ("first", "second")
    }
    monkeypatch.setattr(analysis_parts, "PARTS", made)
    for module in (analysing, __import__("training.services.analysis", fromlist=["x"])):
        monkeypatch.setattr(module, "PARTS", made)
    monkeypatch.setattr(tasks.predict_analysis, "apply_async", lambda *_a, **_k: None)
    yield


def finish(wish: Analysis) -> Analysis:
    while analysing.execute(wish.pk):
        pass
    wish.refresh_from_db()
    return wish


def test_each_part_is_computed_once_and_the_same_data_is_not_analysed_again(approved: Project) -> None:
    wish = finish(ask_analysis(project=approved, actor=None))
    assert (wish.state, wish.share, runs) == ("done", 1.0, ["first", "second"])
    assert [row.data for row in analysing.results_of(wish).values()] == [{"turns": 60, "count": 60}] * 2
    assert AnalysisFinding.objects.count() == 120
    again = ask_analysis(project=approved, actor=None)
    assert (again.pk, again.state, analysing.execute(again.pk)) == (wish.pk, "done", False)
    assert len(runs) == 2
    # Texts are not kept beside the database for longer than the work needs them.
    assert not list(folder_of(approved.pk).rglob(ITEMS))


def test_another_option_computes_only_the_part_that_it_belongs_to(approved: Project) -> None:
    finish(ask_analysis(project=approved, actor=None))
    other = finish(ask_analysis(project=approved, actor=None, options={"second": {"weight": 2}}))
    assert runs == ["first", "second", "second"]
    assert {row.options["weight"] for row in analysing.results_of(other).values()} == {1.0, 2.0}


def change_item(project: Project) -> None:
    make_items(project, 1, slots=0)


def change_answer(project: Project) -> None:
    row = Consensus.objects.filter(project=project).order_by("pk").first()
    assert row is not None
    Consensus.objects.filter(pk=row.pk).update(value="delivery" if row.value != "delivery" else "refund")


def withdraw(project: Project) -> None:
    first = Item.objects.filter(project=project).order_by("position").first()
    assert first is not None
    Item.objects.filter(pk=first.pk).update(state="withdrawn")


def ask_differently(project: Project) -> None:
    field = {**CHOICE, "title": "What for"}
    project.schema_versions.create(number=2, fields=[field])


@pytest.mark.parametrize("change", [change_item, change_answer, withdraw, ask_differently])
def test_changed_data_is_other_data(approved: Project, change: Any) -> None:
    before = data_hash(approved, None)
    assert data_hash(approved, None) == before
    change(approved)
    assert data_hash(approved, None) != before


def test_a_snapshot_is_analysed_with_the_values_that_it_froze(approved: Project, artifacts: object) -> None:
    from training.services.snapshots import freeze_snapshot

    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    before = {one.item: one.values for one in source_of(approved, None, "a").items()}
    Consensus.objects.filter(project=approved).update(value="other")
    make_items(approved, 1, slots=0)
    frozen = {one.item: one.values for one in source_of(approved, snapshot, snapshot.sha256).items()}
    assert frozen == before and len(frozen) == 60


def test_what_a_killed_worker_left_is_taken_up_where_it_stood(approved: Project) -> None:
    wish = ask_analysis(project=approved, actor=None)
    assert analysing.execute(wish.pk) and runs == ["first"]
    assert background.claim(Analysis, wish.pk)  # and then it is killed
    assert background.take_back_lost(Analysis) == []
    long_ago = timezone.now() - timedelta(minutes=10)
    Analysis.objects.filter(pk=wish.pk).update(heartbeat_at=long_ago)
    assert background.take_back_lost(Analysis) == []  # queued now; named when the broker seems to forget it
    Analysis.objects.filter(pk=wish.pk).update(queued_at=long_ago)
    assert background.take_back_lost(Analysis) == [wish.pk]
    assert finish(wish).state == "done" and runs == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_compute_it_once() -> None:
    project = make_project(funds=0)
    make_items(project, 20, slots=0)
    wish = ask_analysis(project=project, actor=None)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        finish(Analysis.objects.get(pk=wish.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever was refused the first part may have found the second one waiting.
    finish(wish)
    assert sorted(runs) == ["first", "second"] and AnalysisFinding.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_the_same() -> None:
    project = make_project(funds=0)
    make_items(project, 5, slots=0)
    start, asked = threading.Barrier(4), []

    def ask() -> None:
        start.wait()
        asked.append(ask_analysis(project=project, actor=None).pk)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(asked)) == 1 and len(asked) == 4


def test_a_cancelled_one_writes_nothing_more_and_can_be_asked_for_again(
    approved: Project, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = ask_analysis(project=approved, actor=admin)
    usual = Counting.run

    def cancelled_meanwhile(self: Counting, source: Source, options: Options, tick: Tick) -> Outcome:
        cancel_analysis(wish=wish, actor=admin)
        return usual(self, source, options, tick)

    monkeypatch.setattr(Counting, "run", cancelled_meanwhile)
    assert not analysing.execute(wish.pk)
    wish.refresh_from_db()
    assert wish.state == "cancelled" and not AnalysisResult.objects.exists()
    with pytest.raises(Conflict):
        cancel_analysis(wish=wish, actor=admin)
    monkeypatch.setattr(Counting, "run", usual)
    assert finish(ask_analysis(project=approved, actor=admin)).state == "done"


def test_what_went_wrong_is_said_and_tried_again_when_asked(
    approved: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Counting.run

    def broken(*_args: object) -> Outcome:
        raise OSError("the disk is full")

    monkeypatch.setattr(Counting, "run", broken)
    wish = finish(ask_analysis(project=approved, actor=None))
    assert (wish.state, wish.reason) == ("failed", "the disk is full")
    monkeypatch.setattr(Counting, "run", usual)
    assert finish(ask_analysis(project=approved, actor=None)).state == "done"


def test_an_erasure_leaves_no_analysis_behind_nor_what_a_worker_writes_after_it(
    approved: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = Item.objects.filter(project=approved).earliest("position")
    CleaningTask.objects.create(project=approved, item=item, kind="short")
    finish(ask_analysis(project=approved, actor=None))
    erase(Subject(items=frozenset([item.pk])))
    assert not Analysis.objects.exists() and not AnalysisResult.objects.exists()
    assert not CleaningTask.objects.exists()
    usual = Counting.run

    def erased_meanwhile(self: Counting, source: Source, options: Options, tick: Tick) -> Outcome:
        erase(Subject(items=frozenset([second.pk])))
        source.folder.mkdir(parents=True, exist_ok=True)
        (source.folder / "late").write_text("somebody's text")
        return usual(self, source_of(approved, None, "later"), options, tick)

    second = Item.objects.filter(project=approved).exclude(pk=item.pk).earliest("position")
    wish = ask_analysis(project=approved, actor=None)
    monkeypatch.setattr(Counting, "run", erased_meanwhile)
    assert not analysing.execute(wish.pk)
    assert not folder_of(approved.pk).exists() and not AnalysisResult.objects.exists()


def test_a_killed_worker_leaves_no_half_written_texts(approved: Project) -> None:
    wish = ask_analysis(project=approved, actor=None)
    assert analysing.execute(wish.pk)
    left = folder_of(approved.pk) / f"data-{wish.data_hash}" / ".draft-of-a-killed-one"
    left.write_text("somebody's text")
    finish(wish)
    assert not left.exists() and not (left.parent / ITEMS).exists()


def test_an_ask_that_was_lost_while_it_was_computed_leaves_nothing_beside_a_new_one(
    approved: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = ask_analysis(project=approved, actor=None)

    def lost(self: Counting, source: Source, options: Options, tick: Tick) -> Outcome:
        """An erasure drops the ask, and somebody asks again, while this worker reads."""
        Analysis.objects.filter(pk=wish.pk).delete()
        Analysis.objects.create(
            project=approved, data_hash="new", key="new", keys={}, options={}, state="queued"
        )
        (source.folder / ITEMS).write_text("somebody's text")
        raise background.Lost

    monkeypatch.setattr(Counting, "run", lost)
    assert not analysing.execute(wish.pk)
    assert not (folder_of(approved.pk) / f"data-{wish.data_hash}").exists()


def test_what_is_restricted_since_is_not_shown(approved: Project) -> None:
    result = analysing.results_of(finish(ask_analysis(project=approved, actor=None)))["first"]
    item = Item.objects.filter(project=approved).earliest("position")
    Item.objects.filter(pk=item.pk).update(restricted=True)
    assert findings_of(approved, result, "", Filter()).count() == 59


def test_older_asks_and_their_results_go(approved: Project) -> None:
    for weight in range(analysing.KEPT + 2):
        finish(ask_analysis(project=approved, actor=None, options={"first": {"weight": weight}}))
    assert Analysis.objects.count() == analysing.KEPT
    assert AnalysisResult.objects.count() == analysing.KEPT + 1  # the second part's is shared


def test_options_that_do_not_exist_are_refused_and_so_is_an_empty_project(db: None) -> None:
    project = make_project(funds=0)
    with pytest.raises(Conflict):
        ask_analysis(project=project, actor=None)
    with pytest.raises(Invalid) as refused:
        ask_analysis(
            project=project, actor=None,
            options={"first": {"weight": 10, "height": 1}, "second": {"weight": "x"}, "third": {}},
        )  # fmt: skip
    assert {one.pointer for one in refused.value.problems} == {
        "/options/first/weight", "/options/first/height", "/options/second/weight", "/options/third",
    }  # fmt: skip


def test_through_rest(approved: Project, admin: User, stranger: User) -> None:
    url = f"/api/v1/projects/{approved.pk}/analysis"
    for method in ("get", "post"):
        assert getattr(client_of(stranger), method)(url).status_code == 404
    owner = client_of(approved.owner)
    assert owner.get(url).status_code == 404
    assert owner.post(url, {"options": {"first": {"weight": 99}}}, format="json").status_code == 422
    for wrong in ([1], "much", 3):
        said = owner.post(url, {"options": {"first": wrong}}, format="json")
        assert said.status_code == 422 and said.json()["errors"][0]["pointer"] == "/options/first"
        assert "weight" in said.json()["errors"][0]["detail"]
    first = owner.post(url, format="json", headers={"Idempotency-Key": "once"})
    assert first.status_code == 202 and first.json()["state"] == "queued"
    assert (
        owner.post(url, format="json", headers={"Idempotency-Key": "once"}).json()["id"] == first.json()["id"]
    )
    finish(Analysis.objects.get())
    assert owner.get(url).json()["parts"]["second"]["data"] == {"turns": 60, "count": 60}
    assert owner.post(f"{url}/cancel").status_code == 409
    assert client_of(stranger).post(f"{url}/cancel").status_code == 404
