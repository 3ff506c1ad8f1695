"""What is suggested, what abstains, and that no answer leans on a promise that is not its own."""

from typing import Any

import pytest

from accounts.models import Notification
from applications.health_triage import calibrating, heldback
from applications.health_triage.figures import figures
from applications.health_triage.kind import prepare
from applications.health_triage.models import AbstainedCase, Calibration
from applications.health_triage.promising import NO_PROMISE, NOTHING_FITS
from applications.health_triage.services.calibration import ask_calibration
from applications.health_triage.services.risk import risk_of, set_risk
from applications.health_triage.services.triage import triage_texts
from common.errors import Conflict, Invalid
from common.models import AuditEvent
from tasks_app.models import Project
from tests.applications.health_triage.conftest import approve, gold, put_into_production
from tests.factories import make_project, make_user
from training import serving
from training.models import Prediction, SnapshotItem

SURE, UNSURE = "cardiac 4 0.97 pressure", "skin 2 0.34 perhaps"


def triage(project: Project, *texts: str) -> list[Any]:
    return triage_texts(project=project, texts=texts, actor=project.owner)


@pytest.fixture
def calibrated(project: Project) -> Project:
    prepare(project)
    set_risk(project=project, actor=project.owner, wrong=0.1, under_triage=0.05)
    return project


def test_a_calibration_says_how_far_it_is_and_tells_whoever_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    answer = serving.answers_in_background

    def listen(*asked: Any) -> Any:
        told.append(Calibration.objects.get().progress)
        return answer(*asked)

    monkeypatch.setattr(serving, "answers_in_background", listen)
    row = ask_calibration(project=project, actor=project.owner)
    calibrating.execute(row.pk)
    assert told == sorted(told) and told[0] == 0 and 50 < told[-1] < 100
    assert Notification.objects.get(kind="work_done").user == project.owner


def test_a_sure_message_gets_a_suggestion(calibrated: Project) -> None:
    [found] = triage(calibrated, SURE)
    assert not found.verdict.abstains and found.case is None
    assert found.verdict.conditions == ("cardiac",) and found.verdict.high == 4
    assert found.is_emergency and found.shares["cardiac"] == pytest.approx(0.97)
    assert found.condition.version.stage == "production"


def test_an_unsure_one_waits_for_a_person(calibrated: Project) -> None:
    [found] = triage(calibrated, UNSURE)
    assert found.verdict.reasons == (NOTHING_FITS,)
    case = AbstainedCase.objects.get()
    assert found.case == case and case.prediction == found.condition
    assert case.highest == found.verdict.high
    Prediction.objects.filter(pk=case.prediction_id).delete()  # what retention does
    assert not AbstainedCase.objects.exists()


def test_texts_are_stored_redacted(calibrated: Project) -> None:
    triage(calibrated, f"{SURE} write to anna.kern@example.org")
    assert "anna.kern" not in str(list(Prediction.objects.values_list("payload", flat=True)))


def test_an_answer_never_leans_on_a_calibration_of_another_version(calibrated: Project) -> None:
    old = calibrating.current(calibrated)
    newer = put_into_production(calibrated, "urgency")
    [found] = triage(calibrated, SURE)
    assert found.calibration is None and found.verdict.reasons == (NO_PROMISE,)
    assert (found.verdict.low, found.verdict.high) == (1, 4) and found.is_emergency
    row = Calibration.objects.get(urgency_version=newer)  # asked for by the answer itself
    assert row.pk != old.pk and row.state == "queued"
    calibrating.execute(row.pk)
    [found] = triage(calibrated, SURE)
    assert found.calibration == row and not found.verdict.abstains


def test_the_sweep_finds_versions_that_were_promoted_without_a_word(calibrated: Project) -> None:
    assert calibrating.uncalibrated() == []
    put_into_production(calibrated, "condition")
    assert calibrating.uncalibrated() == [calibrated]
    calibrating.calibrate_now(calibrated)
    assert calibrating.uncalibrated() == [] and calibrating.current(calibrated).made_at


def test_a_second_worker_finds_nothing_to_claim(calibrated: Project) -> None:
    row = calibrating.current(calibrated)
    made = row.made_at
    calibrating.execute(row.pk)
    prepare(calibrated)
    row.refresh_from_db()
    assert row.made_at == made and Calibration.objects.count() == 1


def test_while_it_is_made_anew_the_old_one_stays_in_force(calibrated: Project) -> None:
    row = ask_calibration(project=calibrated, actor=calibrated.owner)
    assert row.state == "queued"
    assert triage(calibrated, SURE)[0].calibration == row


def test_calibration_names_its_data(calibrated: Project) -> None:
    row = calibrating.current(calibrated)
    assert len(row.sha256) == 64 and row.scored("held_back").labels == ("cardiac", "respiratory", "skin")
    gold(calibrated, ["skin 1 0.9 one more"])
    again = calibrating.refreshed(calibrated)
    assert again.pk == row.pk and again.sha256 != row.sha256
    assert len(again.scored("held_back")) == 301


def test_too_few_items_are_refused_with_how_many_it_takes(db: None, speaker: Any) -> None:
    project = make_project(fields=[], funds=0, template="health-triage")
    for name in ("condition", "urgency"):
        put_into_production(project, name)
    gold(project, [f"cardiac 4 0.9 n{number}" for number in range(10)])
    prepare(project)
    [found] = triage(project, SURE)
    assert found.verdict.reasons == (NO_PROMISE,) and found.case is not None
    promised = found.calibration.promise(risk_of(project).risk)
    assert ("condition", "cardiac", 10, 19) in [
        (o.about, o.name, o.there, o.needed) for o in promised.lacking
    ]


def test_what_was_learned_from_or_chosen_calibrates_nothing(project: Project) -> None:
    versions = list(calibrating.pair_of(project))
    snapshot = versions[0].snapshot
    learned, of_group = (
        approve(project, "skin 1 0.9 learned", group="g"),
        approve(project, "skin 1 0.9 kin", group="g"),
    )
    chosen, fresh = approve(project, "skin 1 0.9 chosen", split="train"), approve(project, "skin 1 0.9 fresh")
    tested = approve(project, "skin 1 0.9 tested")
    SnapshotItem.objects.create(snapshot=snapshot, item=learned.pk, group="g", split="train")
    for version in versions:
        SnapshotItem.objects.create(
            snapshot=version.snapshot, item=tested.pk, group=str(tested.pk), split="test"
        )
    found = {one.id for one in heldback.held_back(project, versions)}
    assert fresh.pk in found and not found & {learned.pk, of_group.pk, chosen.pk, tested.pk}
    assert [one.id for one in heldback.frozen(project, versions)] == [tested.pk]


def test_risk_is_set_at_once_and_checked(calibrated: Project) -> None:
    [before] = triage(calibrated, "skin 2 0.55 maybe")
    set_risk(project=calibrated, actor=calibrated.owner, wrong=0.4, under_triage=0.3)
    [after] = triage(calibrated, "skin 2 0.55 maybe")
    assert len(after.verdict.conditions) <= len(before.verdict.conditions)
    with pytest.raises(Invalid) as refused:
        set_risk(project=calibrated, actor=calibrated.owner, wrong=0.01, under_triage=0.05, largest_set=0)
    assert {one.pointer for one in refused.value.problems} == {"/under_triage", "/largest_set"}
    assert risk_of(calibrated).wrong == 0.4
    assert AuditEvent.objects.filter(action="triage.risk").count() == 2


def test_without_models_it_says_what_is_missing(db: None) -> None:
    project = make_project(template="health-triage", fields=[], funds=0, owner=make_user("owner"))
    with pytest.raises(Conflict, match="Train"):
        prepare(project)
    with pytest.raises(Conflict):
        triage(project, SURE)


def test_figures_are_measured_on_test_items_alone(calibrated: Project) -> None:
    versions = calibrating.pair_of(calibrated)
    with pytest.raises(Conflict, match="no test items"):
        figures(calibrated)
    for version in versions:
        for text in ("cardiac 4 0.9 a", "skin 1 0.9 b", "respiratory 2 0.9 c"):
            items = [one for one in heldback.frozen(calibrated, []) if one.payload["text"] == text]
            item = items[0].id if items else approve(calibrated, text).pk
            SnapshotItem.objects.create(snapshot=version.snapshot, item=item, group=str(item), split="test")
        snapshot = version.snapshot
        trained = approve(calibrated, f"cardiac 4 0.9 t{version.pk}")
        SnapshotItem.objects.create(snapshot=snapshot, item=trained.pk, group="t", split="train")
    found = {one.key: one for one in figures(calibrated)}
    assert found["condition_macro_f1"].value == 1.0 and found["condition_macro_f1"].count == 3
    assert found["condition_macro_f1_majority"].baseline < 0.5
    assert found["urgency_kappa"].value == 1.0
    assert found["condition_coverage"].baseline == pytest.approx(0.9)
    assert found["under_triage"].lower_is_better and found["under_triage"].value == 0.0
