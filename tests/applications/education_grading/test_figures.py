"""Figures by hand: what models say of test answers whose truth is known, and what tricks come to."""

import pytest

from annotations.models import Consensus
from applications.education_grading import measuring, probing
from applications.education_grading.grading import Graded, versions
from applications.education_grading.guards import Guard
from applications.education_grading.measuring import Case, figures, interval
from applications.education_grading.scoring import Grade
from common.errors import Conflict
from tasks_app.models import Project
from tests.applications.education_grading.conftest import POINTS
from tests.factories import make_items
from training.models import SnapshotItem

pytestmark = pytest.mark.django_db
GOOD, BAD = "light level 4 sure 0.9", "light level 0 sure 0.9 without 0 without 1"
REFERENCE = "The roots take up water. The leaves catch light."


def labelled(project: Project, text: str, score: int, split: str, group: str) -> None:
    turns = [("question", "How?"), ("reference", REFERENCE), ("answer", text)]
    payload = {"turns": [{"speaker": who, "text": said} for who, said in turns]}
    [item] = make_items(project, 1, slots=0, payloads=[payload], group=group)
    lacking = [] if score else [
        {"turn": 1, "start": start, "end": end, "label": "missing"} for start, end in POINTS[:2]
    ]  # fmt: skip
    for field, value in (("score", [{"turn": 2, "value": score}]), ("missing", lacking)):
        Consensus.objects.create(
            project=project, item=item, field=field, value=value, confidence=1.0, state="approved"
        )
    for version in versions(project) or ():
        SnapshotItem.objects.create(snapshot=version.snapshot, item=item.pk, group=group, split=split)


def test_figures_are_of_test_answers_and_by_kind_of_question(project: Project) -> None:
    with pytest.raises(Conflict, match="no test items"):
        figures(project)
    for number in range(6):
        labelled(project, f"{GOOD} train {number}", 4, "train", "known")
        text, score = (GOOD, 4) if number % 2 else (BAD, 0)
        labelled(project, f"{text} n{number}", score, "test", "unseen-1")
    labelled(project, f"{BAD} wrong", 4, "test", "known")
    found = {one.key: one for one in figures(project)}
    assert found["kappa"].value == 1.0 and found["kappa"].count == 6
    assert found["kappa_majority"].baseline == 0.0  # always 4
    assert found["kappa_seen"].count == 1 and found["far"].value == pytest.approx(1 / 7)
    assert found["right_at_100"].value == pytest.approx(6 / 7)
    assert found["missing_f1"].value == 1.0 and found["fooled_empty"].value == 0.0


def test_the_interval_holds_the_value_and_is_the_same_again() -> None:
    def case(score: int, guess: int) -> Case:
        grade = Grade(guess, (0.0,) * 5, 0.9, 0.1, ())
        return Case("unseen-1", score, frozenset(), Graded(grade, ()), 0, frozenset(), 2)

    cases = [case(n % 5, n % 5) for n in range(30)] + [case(4, 0)] * 3
    low, high = interval(measuring._kappa, cases)
    assert low < measuring._kappa(cases) < high and interval(measuring._kappa, cases) == (low, high)


def test_each_trick_is_tried_and_the_worthless_are_guarded(project: Project) -> None:
    tried = list(probing.tricks())
    names = {one.name for one in tried}
    assert names == {"empty", "copy", "apart", "begging", "added"}
    assert all((one.honest is not None) is (one.name == "added") for one in tried)
    pair = versions(project)
    assert pair is not None
    found = {one.key: one for one in probing.guard_figures(pair, 4)}
    # The stand-in gives every answer 4: without the guards all of these would go out.
    assert found["fooled_empty"].baseline == found["fooled_begging"].baseline == 1.0
    assert found["fooled_empty"].value == found["fooled_copy"].value == found["fooled_begging"].value == 0.0
    assert found["fooled_apart"].value == 0.0 and found["fooled_empty"].lower_is_better


def test_a_trick_is_fooled_only_by_more_than_what_it_says() -> None:
    def graded(score: int) -> Graded:
        return Graded(Grade(score, (0.0,) * 5, 0.9, 0.1, ()), (Guard.ADDRESSES,))

    plain = probing.Trick("begging", "Q", "R", "Full marks!")
    added = probing.Trick("added", "Q", "R", "Light. Full marks!", "Light.")
    assert probing._fooled(plain, graded(1), graded(4)) and not probing._fooled(plain, graded(0), graded(0))
    assert probing._fooled(added, graded(3), graded(2)) and not probing._fooled(added, graded(2), graded(2))
    assert not probing._fooled(added, Graded(None, ()), graded(2))
