"""Looking at what was found before publishing, and measuring what was missed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role
from accounts.roles import grant
from annotations.models import Answer
from common.errors import Conflict
from privacy.models import CanaryEstimate, CheckedText, Finding, MissedValue, Rescan
from privacy.pii import registry
from privacy.pii.canaries.planting import Tally, kinds_for, plant, tally_one
from privacy.pii.finding import KINDS
from tasks_app.importing import job as importing
from tasks_app.models import Item, Project
from tasks_app.protecting import canary_work, estimating, jobs, preview, reading, rescanning
from tasks_app.services import imports, projects
from tests.annotations.crowd import answer
from tests.factories import CHOICE, SPAN, client_of, make_items, make_project, make_user
from tests.tasks_app.test_claim_concurrency import at_once

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
LINES = [
    {"id": "a", "text": "Hello, my name is Deborah Miller, write to deb.miller@mail.example.org."},
    {"id": "b", "text": "Where is order 482-11873?"},
    {"id": "c", "text": "It never came. What now?"},
    {"id": "d", "text": "Thanks, that was quick."},
]


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Any) -> None:
    settings.VAULT_KEY, settings.MEDIA_ROOT = KEY, tmp_path


@pytest.fixture
def project(db: None) -> Project:
    return loaded(make_project(state="draft", fields=[CHOICE]))


def loaded(project: Project) -> Project:
    content = "\n".join(json.dumps(line) for line in LINES).encode()
    job = imports.start_import(project=project, actor=project.owner, chunks=[content], format="jsonl")
    importing.run(job.pk)
    return project


def measured(project: Project) -> CanaryEstimate:
    job = estimating.start_estimate(project=project, actor=project.owner)
    canary_work.run(job.pk)
    job.refresh_from_db()
    return job


# -- planting --------------------------------------------------------------------------------------------


def test_every_kind_that_a_detector_reports_is_planted() -> None:
    planted = {kind for language in ("en", "zh") for kind in kinds_for(language)}
    # No detector reports the one; of a label of its own a trained model says the other.
    assert planted == KINDS - {"CRYPTO", "PERSONAL"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_planted_value_stands_where_it_is_said_to_stand(language: str) -> None:
    from random import Random

    for kind in kinds_for(language):
        draw = Random(kind)  # noqa: S311
        texts, planted = plant(["One. Two.", "three"], kind, language=language, draw=draw)
        value = texts[planted.turn][planted.start : planted.end]
        assert value == value.strip() and any(char.isalnum() for char in value)
        assert len("".join(texts)) > len("One. Two.three") + len(value) - 1


def test_a_hole_in_the_detectors_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    from random import Random

    from privacy.pii import plan

    def share() -> float:
        tally, draw = Tally(), Random(1)  # noqa: S311
        for _ in range(40):
            tally += tally_one(["It came from there."], "IP", language="en", draw=draw)
        return tally.found["IP"] / tally.planted["IP"]

    assert share() > 0.9
    without = tuple(one for one in registry.DETECTORS if "IP" not in one.kinds)
    monkeypatch.setattr(plan, "DETECTORS", without)
    plan.plan_for.cache_clear()
    try:
        assert share() < 0.3  # some look like telephone numbers
    finally:
        plan.plan_for.cache_clear()


def test_the_estimate_counts_every_kind_and_stores_no_text(project: Project) -> None:
    items = Item.objects.count()
    job = measured(project)
    assert job.state == "succeeded" and job.done == job.total > 0
    assert set(job.tally) == set(kinds_for("en"))
    assert all(planted == canary_work.PER_KIND for _found, planted in job.tally.values())
    assert Item.objects.count() == items
    shares = estimating.found_shares(job.tally)
    assert shares == sorted(shares, key=lambda one: (one.share, one.kind))
    assert all(0 <= one.interval.low <= one.share <= one.interval.high <= 1 for one in shares)


def test_a_killed_estimate_goes_on_and_comes_to_the_same(project: Project) -> None:
    whole = measured(project)
    half = CanaryEstimate.objects.create(project=project.pk, seed=whole.seed, state="running")
    kinds = kinds_for("en")
    done = {kind: whole.tally[kind] for kind in kinds[:5]}
    CanaryEstimate.objects.filter(pk=half.pk).update(
        tally=done,
        done=5 * canary_work.PER_KIND,
        heartbeat_at=timezone.now() - 2 * jobs.STALE_AFTER,
    )
    assert jobs.stale(CanaryEstimate) == [half.pk]
    canary_work.run(half.pk)
    half.refresh_from_db()
    assert (half.state, half.tally) == ("succeeded", whole.tally)


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one_estimate() -> None:
    project = loaded(make_project(state="draft"))
    found = at_once(
        [lambda: estimating.start_estimate(project=project, actor=project.owner) for _ in range(3)]
    )
    assert len({job.pk for job in found}) == CanaryEstimate.objects.count() == 1


# -- the sample ------------------------------------------------------------------------------------------


def test_half_of_the_sample_has_findings_and_its_rate_is_weighed(project: Project) -> None:
    make_items(project, 20)
    check = estimating.draw_sample(project=project, actor=project.owner, size=4)
    assert check.strata == {"with": 2, "without": 22}
    assert sorted(check.texts.values_list("stratum", flat=True)) == ["with", "with", "without", "without"]
    assert estimating.draw_sample(project=project, actor=project.owner, size=9).pk == check.pk
    for row in check.texts.all():
        estimating.finish_text(text_id=row.pk, actor=project.owner)
    sample = estimating.latest_sample(project.pk)
    assert sample and sample.is_done and sample.rate and sample.rate.per_thousand == 0
    assert sample.rate.interval.high > 1000  # four texts say little


def test_nobody_reads_a_text_that_is_restricted(project: Project) -> None:
    items = make_items(project, 3)
    Item.objects.filter(project=project).exclude(pk__in=[one.pk for one in items]).delete()
    Item.objects.filter(pk=items[0].pk).update(restricted=True)
    check = estimating.draw_sample(project=project, actor=project.owner, size=5)
    assert set(check.texts.values_list("item", flat=True)) == {items[1].pk, items[2].pk}
    Item.objects.filter(pk=items[1].pk).update(restricted=True)  # after it was drawn
    row = estimating.next_text(estimating.latest_sample(project.pk))
    assert row and row.item == items[2].pk
    estimating.finish_text(text_id=row.pk, actor=project.owner)
    assert estimating.next_text(estimating.latest_sample(project.pk)) is None
    again = estimating.draw_sample(
        project=project, actor=project.owner, size=5
    )  # the other is not waited for
    assert again.pk != check.pk and again.size == 1
    Finding.objects.create(
        project=project.pk, item=items[0].pk, turn=0, start=0, end=1, kind="CARD", detector="x", score=1,
        replacement="x",
    )  # fmt: skip
    [kind] = [one for one in preview.found_by_kind(project.pk) if one.kind == "CARD"]
    assert kind.samples == ()


def test_what_a_reader_marks_is_replaced_counted_and_learned(project: Project) -> None:
    [item] = make_items(project, payloads=[{"text": "ask zorvath quillby, or zorvath quillby"}])
    check = estimating.draw_sample(project=project, actor=project.owner, size=5)
    row = CheckedText.objects.get(check_of=check, item=item.pk)
    estimating.mark_missed(text_id=row.pk, words="Zorvath Quillby", kind="PERSON", actor=project.owner)
    item.refresh_from_db()
    assert item.payload["text"] == "ask [PERSON_1], or [PERSON_1]" and item.state != "withdrawn"
    for one in check.texts.all():
        estimating.finish_text(text_id=one.pk, actor=project.owner)
        estimating.finish_text(text_id=one.pk, actor=project.owner)
    sample = estimating.latest_sample(project.pk)
    assert sample and (sample.missed, sample.with_missed) == (1, 1)
    assert sample.rate and sample.rate.per_thousand == pytest.approx(1000 / 5)
    with pytest.raises(Conflict):
        estimating.mark_missed(text_id=row.pk, words="ask", kind="PERSON", actor=project.owner)


# -- before publishing -----------------------------------------------------------------------------------


def test_a_project_may_ask_for_both_before_it_is_published(project: Project) -> None:
    projects.update_project(project=project, actor=project.owner, privacy_check=3)
    path = f"/api/v1/projects/{project.pk}/publish"
    refused = client_of(project.owner).post(path)
    codes = [(one["pointer"], one["code"]) for one in refused.json()["errors"]]
    assert refused.status_code == 409
    assert codes == [("/privacy_check/estimate", "not_measured"), ("/privacy_check/sample", "not_read")]
    measured(project)
    check = estimating.draw_sample(project=project, actor=project.owner, size=3)
    for row in check.texts.all():
        estimating.finish_text(text_id=row.pk, actor=project.owner)
    assert client_of(project.owner).post(path).status_code == 200


def test_what_is_imported_later_has_to_be_looked_at_again(project: Project) -> None:
    projects.update_project(project=project, actor=project.owner, privacy_check=1)
    measured(project)
    row = estimating.draw_sample(project=project, actor=project.owner, size=2).texts.first()
    assert row
    estimating.finish_text(text_id=row.pk, actor=project.owner)
    assert estimating.missing_checks(project) == []
    CanaryEstimate.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert [one.code for one in estimating.missing_checks(project)] == ["not_measured"]


# -- over HTTP -------------------------------------------------------------------------------------------


def test_the_preview_shows_replacements_in_context_and_never_originals(project: Project) -> None:
    measured(project)
    body = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/privacy").json()
    kinds = {one["kind"]: one for one in body["found"]}
    assert set(kinds) == {"PERSON", "EMAIL", "ORDER"}
    [sample] = kinds["PERSON"]["samples"]
    assert {"text": "[PERSON_1]", "kind": "PERSON"} in sample["parts"]
    assert "Deborah" not in json.dumps(body) and "482-11873" not in json.dumps(body)
    assert body["estimate"]["state"] == "succeeded" and body["estimate"]["kinds"][0]["interval"]


def test_the_pages_say_the_same_and_strangers_are_told_nothing(project: Project, client: Any) -> None:
    client.force_login(project.owner)
    page = f"/projects/{project.pk}/privacy/"
    assert "Measure" in client.get(page).content.decode()
    client.post(f"{page}estimate/")
    canary_work.run(CanaryEstimate.objects.get().pk)
    client.post(f"{page}sample/", {"size": "3"})
    shown = client.get(f"{page}sample/").content.decode()
    assert "Nothing is missed" in shown and "Deborah" not in shown
    row = CheckedText.objects.order_by("place").first()
    assert row
    wrong = client.post(f"/privacy/texts/{row.pk}/", {"missed": "1", "words": "nowhere", "kind": "PERSON"})
    assert wrong.status_code == 422
    for text in CheckedText.objects.all():
        assert client.post(f"/privacy/texts/{text.pk}/", {"read": "1"}).status_code == 302
    assert "rule of three" in client.get(page).content.decode()
    partial = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert 'id="measured"' in partial and "<html" not in partial
    client.force_login(make_user())
    for path in (page, f"{page}sample/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/privacy/texts/{row.pk}/", {"read": "1"}).status_code == 404
    assert client_of(make_user()).get(f"/api/v1/projects/{project.pk}/privacy").status_code == 404


def test_a_reviewer_reads_but_does_not_measure(project: Project) -> None:
    reviewer = make_user()
    grant(reviewer, Role.REVIEWER, project.pk)
    base = f"/api/v1/projects/{project.pk}/privacy"
    assert client_of(reviewer).get(base).status_code == 200
    assert client_of(reviewer).post(f"{base}/estimate").status_code == 403
    assert client_of(reviewer).post(f"{base}/sample", {"size": 2}).status_code == 201
    text = client_of(reviewer).get(f"{base}/sample").json()["next"]
    assert client_of(reviewer).post(f"/api/v1/privacy/texts/{text['id']}").json()["read"] is True


# -- reading again ---------------------------------------------------------------------------------------


def test_a_new_detector_finds_what_was_imported_before_it_was_there(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    from privacy.pii import plan

    known = registry.DETECTORS
    monkeypatch.setattr(plan, "DETECTORS", tuple(one for one in known if "ORDER" not in one.kinds))
    plan.plan_for.cache_clear()
    project = loaded(make_project(fields=[CHOICE, {**SPAN, "required": False}]))
    item = Item.objects.get(external_id="b")
    assert item.payload["text"].startswith("Where is order 482")
    Item.objects.filter(pk=item.pk).update(state="open", slots=3)
    item.refresh_from_db()
    spans = [{"turn": 0, "start": 0, "end": 25, "label": "question"}]
    answer(item, make_user(), {"intent": "delivery", "qa": spans})
    monkeypatch.setattr(plan, "DETECTORS", known)
    plan.plan_for.cache_clear()
    job = rescanning.start_rescan(project=project, actor=project.owner)
    reading.run(job.pk)
    job.refresh_from_db()
    item.refresh_from_db()
    assert (job.state, job.done, job.changed, job.findings) == ("succeeded", 4, 1, {"ORDER": 1})
    assert item.payload["text"] == "Where is order [ORDER_1]?"
    assert Answer.objects.get().value["qa"] == [{"turn": 0, "start": 0, "end": 25, "label": "question"}]
    again = rescanning.start_rescan(project=project, actor=project.owner)
    reading.run(again.pk)
    again.refresh_from_db()
    assert (again.changed, again.findings) == (0, {})


@pytest.mark.parametrize("policy", ["placeholder", "surrogate", "mask"])
def test_reading_again_changes_nothing_that_was_replaced(policy: str, db: None) -> None:
    project = loaded(make_project(privacy_policy=policy))
    before = list(Item.objects.order_by("position").values_list("payload", flat=True))
    places = list(Finding.objects.order_by("pk").values_list("item", "start", "end"))
    job = rescanning.start_rescan(project=project, actor=project.owner)
    reading.run(job.pk)
    assert list(Item.objects.order_by("position").values_list("payload", flat=True)) == before
    assert list(Finding.objects.order_by("pk").values_list("item", "start", "end")) == places


def test_a_change_of_policy_reads_the_items_again(django_capture_on_commit_callbacks: Any, db: None) -> None:
    project = loaded(make_project(privacy_policy="keep", state="draft"))
    with pytest.raises(Conflict):
        rescanning.start_rescan(project=project, actor=project.owner)
    with django_capture_on_commit_callbacks(execute=True):
        projects.update_project(project=project, actor=project.owner, privacy_policy="placeholder")
    job = Rescan.objects.get()
    reading.run(job.pk)
    assert Item.objects.get(external_id="a").payload["text"].startswith("Hello, my name is [PERSON_1]")
    assert not MissedValue.objects.exists()


def test_a_killed_reading_goes_on_where_it_stopped(project: Project) -> None:
    first = Item.objects.order_by("position")[1]
    job = rescanning.start_rescan(project=project, actor=project.owner)
    Rescan.objects.filter(pk=job.pk).update(
        state="running", done=2, position=first.position, heartbeat_at=timezone.now() - 2 * jobs.STALE_AFTER
    )
    assert jobs.stale(Rescan) == [job.pk]
    reading.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == ("succeeded", 4)
