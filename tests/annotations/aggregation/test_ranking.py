from collections import defaultdict
from itertools import combinations
from math import prod

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import BradleyTerry

from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.aggregation.ranking import fit_pairwise, pairwise_given_skill
from tasks_app.fields.rank import FIRST, SECOND


def ranked(worker, order, item="0"):
    """A ranking as the field judges it: every two candidates by their places in the item."""
    place = {candidate: n for n, candidate in enumerate(order)}
    return [
        Judgment(worker, f"{item}|{a}:{b}", FIRST if place[a] < place[b] else SECOND)
        for a, b in combinations(sorted(order), 2)
    ]


def order_of(posterior, size, item="0"):
    """By expected wins, and how probable it is that each is before the next."""
    chance = {}
    for a, b in combinations(range(size), 2):
        chance[a, b] = posterior[f"{item}|{a}:{b}"][FIRST]
        chance[b, a] = 1 - chance[a, b]
    wins = [sum(chance[a, b] for b in range(size) if b != a) for a in range(size)]
    order = sorted(range(size), key=lambda a: -wins[a])
    return order, prod(chance[a, b] for a, b in zip(order, order[1:], strict=False))


def borda(orders):
    return sorted(orders[0], key=lambda candidate: sum(order.index(candidate) for order in orders))


def apart(a, b):
    pairs = list(combinations(range(len(a)), 2))
    return sum((a.index(x) < a.index(y)) != (b.index(x) < b.index(y)) for x, y in pairs) / len(pairs)


def crowd(seed, *, items=150, size=4, answers=3, people=24):
    """Sharp and fair eyes, some who guess, who rank by place on the page, and who have it upside down."""
    random = np.random.default_rng(seed)
    kinds = random.choice(["sharp", "fair", "guess", "upside", "page"], people, p=[0.4, 0.3, 0.15, 0.05, 0.1])
    noise = {"sharp": 0.4, "fair": 1.2, "guess": 99.0, "upside": 1.0, "page": 0.3}
    judgments, truth, orders = [], {}, defaultdict(list)
    for item in range(items):
        worth = random.normal(0, 1.5, size)
        truth[item] = np.argsort(-worth).tolist()
        for worker in random.choice(people, answers, replace=False):
            kind = kinds[worker]
            seen = {"upside": -worth, "page": -np.arange(size)}.get(kind, worth)
            order = np.argsort(-(seen + random.normal(0, noise[kind], size))).tolist()
            orders[item].append(order)
            judgments += ranked(f"{kind}-{worker:02d}", order, str(item))
    return judgments, truth, orders


@pytest.mark.parametrize("settings", [{}, {"size": 6}, {"size": 3, "answers": 5}, {"items": 40}])
def test_it_is_nearer_to_the_true_order_than_borda(settings):
    """Over ten seeds: the mean gain is at least three standard errors above nothing."""
    gains, size = [], settings.get("size", 4)
    for seed in range(10):
        judgments, truth, orders = crowd(seed, **settings)
        posterior = fit_pairwise(judgments).posterior
        ours = np.mean([apart(order_of(posterior, size, str(i))[0], true) for i, true in truth.items()])
        gains.append(np.mean([apart(borda(orders[i]), true) for i, true in truth.items()]) - ours)
    assert np.mean(gains) > 3 * np.std(gains, ddof=1) / len(gains) ** 0.5 > 0


@pytest.mark.parametrize("settings", [{}, {"size": 3, "answers": 5}, {"size": 6}])
def test_belief_in_a_pair_and_in_the_whole_order_is_about_right(settings):
    pairs, wholes, size = [], [], settings.get("size", 4)
    for seed in range(8):
        judgments, truth, _ = crowd(seed, **settings)
        posterior = fit_pairwise(judgments).posterior
        for item, true in truth.items():
            order, sure = order_of(posterior, size, str(item))
            wholes.append((sure, order == true))
            for a, b in combinations(range(size), 2):
                share = posterior[f"{item}|{a}:{b}"][FIRST]
                pairs.append((max(share, 1 - share), (share > 0.5) == (true.index(a) < true.index(b))))
    for found in (pairs, wholes):
        believed, right = np.mean(found, axis=0)
        assert believed == pytest.approx(right, abs=0.05)
    believed, right = np.array(pairs).T
    assert right[believed > 0.95].mean() > 0.95


def test_who_is_reliable_is_found_out():
    skill = fit_pairwise(crowd(1, items=300)[0]).skill
    sharpness = defaultdict(list)
    for name, found in skill.items():
        sharpness[name.split("-")[0]].append(found.confusion[FIRST][FIRST])
    assert min(sharpness["sharp"]) > 0.7 > 0.63 > max(sharpness["guess"])
    assert max(sharpness.get("upside", [0.0])) < 0.5


def test_one_who_is_always_right_outweighs_two_who_guess():
    random = np.random.default_rng(2)
    judgments = []
    for item in range(80):
        order = random.permutation(3).tolist()
        judgments += [judgment for name in "abc" for judgment in ranked(name, order, str(item))]
        judgments += [j for name in "xy" for j in ranked(name, random.permutation(3).tolist(), str(item))]
    judgments += ranked("a", [2, 0, 1], "new") + ranked("x", [1, 0, 2], "new") + ranked("y", [0, 1, 2], "new")
    fit = fit_pairwise(judgments)
    assert order_of(fit.posterior, 3, "new")[0] == [2, 0, 1]
    assert fit.skill["a"].accuracy > 0.9 > 0.65 > fit.skill["x"].accuracy


def test_known_orders_tell_one_who_sees_from_two_who_have_it_upside_down():
    random = np.random.default_rng(7)
    judgments, known, truth = [], [], {}
    for item in range(40):
        order = truth[item] = random.permutation(3).tolist()
        judgments += ranked("a", order, str(item)) + ranked("x", order[::-1], str(item))
        judgments += ranked("y", order[::-1], str(item))
        known += ranked(KNOWN, order, str(item)) if item < 20 else []

    def right(posterior):
        return sum(order_of(posterior, 3, str(item))[0] == truth[item] for item in range(20, 40))

    fit = fit_pairwise(judgments + known)
    assert right(fit.posterior) == 20 and right(fit_pairwise(judgments).posterior) == 0
    assert KNOWN not in fit.skill and fit.skill["a"].accuracy > 0.9 > 0.1 > fit.skill["x"].accuracy


def test_equal_people_are_pooled_as_bradley_and_terry_do():
    """With one name for everybody the order is crowd-kit's."""
    random = np.random.default_rng(3)
    worth = np.array([1.0, 0.2, -0.4, 0.6, -1.2])
    orders = [np.argsort(-(worth + random.gumbel(size=5))).tolist() for _ in range(60)]
    judgments = [judgment for order in orders for judgment in ranked("all", order)]
    rows = []
    for judgment in judgments:
        a, b = judgment.unit.split("|")[1].split(":")
        rows.append(("all", a, b, a if judgment.label == FIRST else b))
    scores = BradleyTerry(n_iter=200).fit_predict(
        pd.DataFrame(rows, columns=["worker", "left", "right", "label"])
    )
    theirs = [int(name) for name in scores.sort_values(ascending=False).index]
    assert order_of(fit_pairwise(judgments).posterior, 5)[0] == theirs


def test_names_of_people_and_of_candidates_do_not_matter():
    judgments, _, orders = crowd(4, items=30)
    renamed = [j._replace(worker=f"{j.worker[::-1]}") for j in reversed(judgments)]
    first, second = fit_pairwise(judgments).posterior, fit_pairwise(renamed).posterior
    assert all(first[unit] == pytest.approx(second[unit], abs=1e-6) for unit in first)
    turned = [
        judgment
        for item, own in orders.items()
        for number, order in enumerate(own)
        for judgment in ranked(judgments[18 * item + 6 * number].worker, [3 - c for c in order], str(item))
    ]
    found = fit_pairwise(turned).posterior
    differences = [
        first[f"{item}|{a}:{b}"][FIRST] - found[f"{item}|{3 - b}:{3 - a}"][SECOND]
        for item in orders
        for a, b in combinations(range(4), 2)
    ]
    assert np.abs(differences).mean() < 0.03  # what sampling leaves


def test_more_answers_alike_are_surer():
    sure = [
        order_of(fit_pairwise([j for n in range(k) for j in ranked(f"w{n}", [1, 2, 0])]).posterior, 3)
        for k in (1, 3, 6)
    ]
    assert [order for order, _ in sure] == [[1, 2, 0]] * 3
    assert 0.3 < sure[0][1] < 0.75 < sure[1][1] < 0.97 < sure[2][1] + 0.02


def test_contrary_answers_come_out_even():
    posterior = fit_pairwise(ranked("a", [0, 1]) + ranked("b", [1, 0])).posterior
    assert posterior["0|0:1"][FIRST] == pytest.approx(0.5, abs=0.01)


def test_candidates_that_were_never_compared_come_out_even_and_through_a_third_they_do_not():
    apart = [Judgment("a", "0|0:1", FIRST), Judgment("a", "0|2:3", FIRST)]
    posterior = fit_pairwise(apart).posterior
    assert posterior["0|0:1"][FIRST] > 0.7
    assert posterior["0|0:2"][FIRST] == pytest.approx(0.5, abs=0.03)
    chained = fit_pairwise([Judgment("a", "0|0:1", FIRST), Judgment("a", "0|1:2", FIRST)]).posterior
    assert chained["0|0:2"][FIRST] > chained["0|0:1"][FIRST]


@pytest.mark.parametrize(
    "fit", [lambda j: fit_pairwise(j).posterior, lambda j: pairwise_given_skill(j, {}, {})]
)
def test_edges(fit):
    assert fit([]) == fit([Judgment("a", "item", "refund")]) == {}
    row = fit([Judgment("a", "0:1", SECOND)])["0:1"]
    assert row[FIRST] < 0.5 and row[FIRST] + row[SECOND] == pytest.approx(1)


def test_between_two_fits_the_known_sharpness_decides():
    judgments, truth, orders = crowd(5, items=300)
    old = [judgment for judgment in judgments if int(judgment.unit.split("|")[0]) < 200]
    new = judgments[len(old) :]
    fit = fit_pairwise(old)
    posterior = pairwise_given_skill(new, fit.skill, fit.priors)
    some = [item for item in truth if item >= 200]
    ours = np.mean([apart(order_of(posterior, 4, str(i))[0], truth[i]) for i in some])
    assert ours < np.mean([apart(borda(orders[i]), truth[i]) for i in some])
