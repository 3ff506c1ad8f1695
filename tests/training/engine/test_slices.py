import random

import numpy as np
import pytest

from training.engine.evaluation.outcomes import Outcome, totals
from training.engine.evaluation.resampling import Figure, bootstrap, by_group, interval, wilson
from training.engine.evaluation.slices import length_band, slices_json, slices_of
from training.engine.metrics import figure
from training.engine.ordinal import quadratic_kappa

LABELS = ("a", "b", "c")


def drawn(count, *, seed=1, right=0.7):
    draw = random.Random(seed)  # noqa: S311
    found = []
    for number in range(count):
        truth = draw.choice("aab")
        guess = truth if draw.random() < right else draw.choice("abc")
        found.append(Outcome(
            id=f"r{number // 2}", group=f"g{number // 2}", turn=number % 2,
            speaker=("agent", "customer")[number % 2],
            characters=draw.choice((10, 50, 200)), right=float(truth == guess), truth=(truth,),
            predicted=(guess,), hits=(truth,) if truth == guess else (),
        ))  # fmt: skip
    return found


@pytest.mark.parametrize("metric", ["accuracy", "micro_f1", "macro_f1"])
def test_a_figure_of_sums_is_the_figure_of_the_report(metric):
    outcomes = drawn(90)
    assert Figure(metric, LABELS).of(outcomes) == pytest.approx(figure(totals(outcomes, LABELS), metric))


def test_kappa_is_a_figure_of_sums_too():
    draw = random.Random(2)  # noqa: S311
    pairs = [(draw.randint(1, 5), draw.randint(1, 5)) for _ in range(50)]
    outcomes = [Outcome(id=str(n), truth=(str(a),), predicted=(str(b),)) for n, (a, b) in enumerate(pairs)]
    ours = Figure("quadratic_kappa", ())
    assert ours.of(outcomes) == pytest.approx(quadratic_kappa(pairs))
    assert ours.of([*outcomes, Outcome(id="blank", truth=("3",))]) == pytest.approx(quadratic_kappa(pairs))
    assert ours.of([]) == 0.0


def test_wilsons_interval_by_the_book():
    low, high = wilson(8, 10)  # Newcombe 1998, table I
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert wilson(0, 0) == (0.0, 1.0) and wilson(5, 5)[1] == pytest.approx(1.0)


def test_the_bootstrap_of_a_share_agrees_with_wilson():
    outcomes = [Outcome(id=str(n), group=str(n), right=float(n % 4 > 0)) for n in range(400)]
    columns = by_group(Figure("accuracy", ()).columns(outcomes), [o.group for o in outcomes])
    drawn_again = bootstrap(columns, Figure("accuracy", ()).value)
    low, high = np.quantile(drawn_again, [0.025, 0.975])
    assert interval(Figure("accuracy", ()), outcomes) == pytest.approx((low, high), abs=0.01)


def test_turns_of_one_dialogue_are_drawn_together():
    alike = [Outcome(id=str(n), group=str(n // 10), right=float(n // 10 % 2)) for n in range(200)]
    apart = [Outcome(id=str(n), group=str(n), right=float(n // 10 % 2)) for n in range(200)]
    (low, high), (lower, higher) = (interval(Figure("accuracy", ()), side) for side in (alike, apart))
    assert high - low > 2 * (higher - lower)


def test_the_same_rows_give_the_same_interval():
    outcomes = drawn(60)
    assert interval(Figure("macro_f1", LABELS), outcomes) == interval(Figure("macro_f1", LABELS), outcomes)
    assert interval(Figure("macro_f1", LABELS), []) == (0.0, 0.0)


def test_slices_are_parts_of_the_whole():
    outcomes = drawn(200)
    languages = {outcome.id: "en" if int(outcome.id[1:]) % 3 else "zh" for outcome in outcomes}
    found = slices_of(outcomes, metric="accuracy", labels=LABELS, languages=languages)
    by_kind = {kind: [part for part in found if part.kind == kind] for kind in
               ("speaker", "length", "language", "label")}  # fmt: skip
    assert [part.name for part in by_kind["speaker"]] == ["agent", "customer"]
    assert [part.name for part in by_kind["length"]] == ["0-40", "41-120", "121-400"]
    assert [part.name for part in by_kind["language"]] == ["en", "zh"]
    assert [part.name for part in by_kind["label"]] == ["a", "b", "c"]
    for kind in ("speaker", "length", "language"):
        assert sum(part.units for part in by_kind[kind]) == 200
        right = sum(part.value * part.units for part in by_kind[kind])
        assert right == pytest.approx(sum(outcome.right for outcome in outcomes))
    assert all(part.low <= part.value <= part.high for part in found)
    report = totals(outcomes, LABELS)["labels"]
    assert [part.value for part in by_kind["label"]] == [pytest.approx(report[name]["f1"]) for name in LABELS]
    assert [part.small for part in by_kind["label"]] == [False, False, True]  # nobody is truly a "c"
    assert slices_json(found)[0]["kind"] == "speaker"


def test_what_is_all_alike_is_no_slice():
    alike = [Outcome(id=str(n), characters=5, right=1.0) for n in range(40)]
    assert slices_of(alike, metric="accuracy", labels=(), languages={"0": ""}) == []
    assert slices_of([], metric="accuracy", labels=LABELS) == []


@pytest.mark.parametrize(("characters", "band"), [(0, "0-40"), (40, "0-40"), (41, "41-120"), (4000, "401+")])
def test_bands_of_length(characters, band):
    assert length_band(characters) == band
