"""Imports that ask a model beside the rules: what it proposes is merged, and nothing waits for it unasked."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from privacy.models import Finding
from privacy.pii.proposals import findings_of
from privacy.services import proposers
from tasks_app.importing import job as work
from tasks_app.importing import proposing
from tasks_app.models import ImportJob, Item
from tasks_app.services import imports
from tests.tasks_app.conftest import CHOICE, make_project

SPAN = {"name": "qa", "type": "span", "scope": "turn", "labels": ["question"], "required": False}


class KnowsWords:
    """Proposes every place of some words, as a model would: marks with labels."""

    name = "find-words v3"

    def __init__(self, **labels):
        self.labels, self.asked = labels, 0

    def propose(self, items, scope):
        self.asked += len(items)
        return [self._of_item(texts, scope) for texts in items]

    def _of_item(self, texts, scope):
        marks = [
            {"turn": turn, "start": text.index(word), "end": text.index(word) + len(word), "label": label}
            for turn, text in enumerate(texts)
            for word, label in self.labels.items()
            if word in text
        ]
        return findings_of(marks, texts, detector="model-v3", score=0.66, scope=scope)


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def model(monkeypatch):
    found = KnowsWords(blorptown="LOCATION", zebedee="PERSON", gizmo="gadget owner")
    monkeypatch.setattr(proposers, "_providers", [lambda owner: found])
    return found


def load(project, *rows):
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    job = imports.start_import(project=project, actor=project.owner, chunks=[content], format="jsonl")
    work.run(job.pk)
    job.refresh_from_db()
    return job


TEXT = "so zebedee has the gizmo of blorptown, write to a.kern@example.org. When?"


def test_nobody_is_asked_unless_the_project_wants_it(owner, model):
    job = load(make_project(owner), {"text": TEXT})
    assert model.asked == 0 and "asked" not in job.options
    assert "zebedee" in Item.objects.get().payload["text"]


def test_what_a_model_proposes_is_merged_with_the_rules_and_labels_move_along(owner, model):
    project = make_project(owner, fields=[*CHOICE, SPAN], privacy_model=True)
    start = TEXT.index("When?")
    gold = {
        "intent": "refund",
        "qa": [{"turn": 0, "start": start, "end": start + 5, "label": "question"}],
    }
    job = load(project, {"text": TEXT, "gold": gold})
    item = Item.objects.get()
    shown = "so [PERSON_1] has the [PERSONAL_1] of blorptown, write to [EMAIL_1]. When?"
    assert item.payload["text"] == shown
    [span] = item.gold["qa"]
    assert shown[span["start"] : span["end"]] == "When?"
    assert job.findings == {"PERSON": 1, "PERSONAL": 1, "EMAIL": 1}
    assert job.options["asked"] == ["find-words v3"]
    by = dict(Finding.objects.values_list("kind", "detector"))
    assert (by["PERSON"], by["EMAIL"]) == ("model-v3", "email")


def test_further_kinds_of_a_model_count_where_the_project_asks_for_them(owner, model):
    load(make_project(owner, privacy_model=True, privacy_scope="all"), {"text": TEXT})
    assert "[LOCATION_1]" in Item.objects.get().payload["text"]


def test_candidates_and_every_turn_are_asked_about(owner, model):
    turns = [{"speaker": "agent", "text": "Hello."}, {"speaker": "x", "text": "zebedee it is"}]
    candidates = [{"id": "a", "text": "ok zebedee"}, {"id": "b", "text": "no"}]
    rank = {"name": "best", "type": "rank", "title": "Best"}
    load(
        make_project(owner, fields=[rank], privacy_model=True),
        {"id": "r", "turns": turns, "candidates": candidates},
    )
    assert "zebedee" not in json.dumps(Item.objects.get().payload)


def test_without_a_model_in_production_the_rules_look_alone_and_the_job_says_so(owner, sign_in, monkeypatch):
    monkeypatch.setattr(proposers, "_providers", [lambda owner: None])
    project = make_project(owner, privacy_model=True)
    job = load(project, {"text": TEXT})
    assert (job.state, job.options["asked"], job.findings) == ("succeeded", [], {"EMAIL": 1})
    page = sign_in(owner).get(f"/projects/{project.pk}/import/").content.decode()
    assert "the rules looked alone" in page


def test_public_data_that_is_kept_is_not_read_by_a_model(owner, model):
    load(make_project(owner, privacy_model=True, privacy_policy="keep"), {"text": TEXT})
    assert model.asked == 0


def test_a_model_that_cannot_be_read_ends_the_import_and_lets_nothing_in(owner, model):
    def broken(items, scope):
        raise RuntimeError("weights are gone")

    model.propose = broken
    job = load(make_project(owner, privacy_model=True), {"text": TEXT})
    assert (job.state, job.imported) == ("failed", 0)
    assert not Item.objects.exists()


def test_a_slow_model_gives_signs_of_life(owner, model, monkeypatch):
    """The sweep takes up a job that is silent for a minute: a batch that takes longer must not be."""
    monkeypatch.setattr(proposing, "_AT_ONCE", 2)
    seen = []
    propose = model.propose

    def slow(items, scope):
        ImportJob.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
        seen.append(work.stale_jobs())
        return propose(items, scope)

    model.propose = slow
    job = load(make_project(owner, privacy_model=True), *({"text": f"{TEXT} {n}"} for n in range(6)))
    assert (job.state, job.imported, model.asked) == ("succeeded", 6, 6)
    beats = [stale for stale in seen if stale]
    assert len(beats) == 3  # silent before each part, and alive after it
    assert work.stale_jobs() == []
