import dataclasses
import os
import threading
import time

import numpy as np
import pytest

from tests.training.engine.samples import CHOICE_FIELD, choice_rows, losses, span_rows
from training.engine.batching import Example
from training.engine.errors import Cancelled
from training.engine.fit import SUCCEEDED, fit
from training.engine.heads.choice import ChoiceHead
from training.engine.heads.span import SpanHead
from training.engine.token_cache import StoredExamples, TokenCache, key_of


def example(number, *, leads=(1, 2), targets=True, offsets=True, others=()):
    leads = np.array(leads, dtype=np.int64)
    count = len(leads) or 1
    return Example(
        number, number % 3, np.arange(number + 3), np.arange(number + 3) % 2, (1, number + 2), leads,
        np.arange(2 * count).reshape(count, 2) if offsets else None,
        np.full((count, 4), number / 7, dtype=np.float32) if targets else None, number / 3, tuple(others),
    )  # fmt: skip


def flat(one):
    values = [getattr(one, entry.name) for entry in dataclasses.fields(one) if entry.name != "others"]
    return [
        (value.shape, value.dtype.kind, value.tolist()) if isinstance(value, np.ndarray) else value
        for value in values
    ] + [flat(other) for other in one.others]


KINDS = {
    "spans": lambda n: example(n),
    "pooled": lambda n: example(n, leads=(), offsets=False),
    "without targets": lambda n: example(n, targets=False),
    "several tokens a decision": lambda n: example(n, leads=((0, 1, 2), (1, 2, 0))),
    "bundles": lambda n: example(n, others=[example(n + 1, leads=()) for _ in range(n % 4)]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 3, 2100])
def test_what_comes_out_is_what_went_in(kind, count, tmp_path):
    made = [KINDS[kind](number % 50) for number in range(count)]
    found = TokenCache(tmp_path).get("ab", lambda: made)
    assert isinstance(found, StoredExamples) and len(found) == count
    assert [flat(one) for one in found] == [flat(one) for one in made]
    assert [flat(one) for one in found[-2:]] == [flat(one) for one in made[-2:]]


def test_of_many_who_ask_at_once_one_makes_it(tmp_path):
    makers, results = [], []

    def make():
        makers.append(threading.get_ident())
        time.sleep(0.3)
        return [example(1)]

    def ask():
        results.append(TokenCache(tmp_path).get("abc", make))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(makers) == 1
    assert [flat(one[0]) for one in results] == [flat(example(1))] * 6
    assert not list(tmp_path.glob(".*"))


def test_who_waits_can_be_stopped(tmp_path):
    began, go_on = threading.Event(), threading.Event()

    def slowly():
        began.set()
        go_on.wait(20)
        return []

    def stop():
        raise Cancelled

    thread = threading.Thread(target=lambda: TokenCache(tmp_path).get("abc", slowly))
    thread.start()
    began.wait(20)
    with pytest.raises(Cancelled):
        TokenCache(tmp_path).get("abc", list, check=stop)
    go_on.set()
    thread.join()


def test_the_least_used_goes_first_and_the_newest_stays(tmp_path):
    one = [example(40) for _ in range(50)]
    size = os.path.getsize(tmp_path / "aa.arrow") if TokenCache(tmp_path).get("aa", lambda: one) else 0
    cache = TokenCache(tmp_path, most_bytes=round(2.5 * size))
    for age, key in enumerate(("aa", "bb"), start=1):
        cache.get(key, lambda: one)
        os.utime(tmp_path / f"{key}.arrow", (age, age))
    held = cache.get("aa", list)  # used again: now "bb" is the one unused for longest
    cache.get("cc", lambda: one)
    assert sorted(path.name for path in tmp_path.glob("*.arrow")) == ["aa.arrow", "cc.arrow"]
    TokenCache(tmp_path, most_bytes=1).get("dd", lambda: one)
    assert [path.name for path in tmp_path.glob("*.arrow")] == ["dd.arrow"]
    assert flat(held[0]) == flat(one[0])  # deleted, and still readable by who has it open


def test_a_broken_entry_is_made_again_and_a_folder_that_cannot_be_used_is_no_error(tmp_path):
    (tmp_path / "ab.arrow").write_bytes(b"half a file")
    assert len(TokenCache(tmp_path).get("ab", lambda: [example(1)])) == 1
    (tmp_path / "file").write_text("")
    assert TokenCache(tmp_path / "file").get("ab", lambda: [1]) == [1]
    assert TokenCache(None).get("ab", lambda: [1]) == [1]


def test_everything_that_matters_is_in_the_key():
    assert key_of("a", "b") == key_of("a", "b")
    assert len({key_of("a", "b"), key_of("ab", ""), key_of("b", "a"), key_of("a")}) == 4


@pytest.fixture
def tokenized(monkeypatch):
    """How often the inputs of a split were made."""
    calls = []
    for head in (SpanHead, ChoiceHead):

        def note(self, *args, made=head.examples, **how):
            calls.extend([1] if how["supervised"] else [])
            return made(self, *args, **how)

        monkeypatch.setattr(head, "examples", note)
    return calls


# Membership inference makes the inputs of its two small samples, of training and of test rows, each time.
SAMPLES = 2


def test_the_second_run_on_the_same_data_tokenizes_no_split_and_learns_the_same(
    make_run, tmp_path, tokenized
):
    rows = {"train": span_rows(24), "dev": span_rows(6), "test": span_rows(9, prefix="t")}
    plain, first, second, third = (
        make_run(name, **rows, **settings)
        for name, settings in (("plain", {}), ("first", {}), ("second", {}), ("third", {"stride": 4}))
    )
    assert fit(plain) == SUCCEEDED
    assert fit(first, cache=tmp_path / "tokens") == SUCCEEDED
    before = len(tokenized)
    assert fit(second, cache=tmp_path / "tokens") == SUCCEEDED
    assert len(tokenized) == before + SAMPLES
    assert losses(plain) == losses(first) == losses(second)
    assert (first / "report.json").read_text() == (second / "report.json").read_text()
    assert fit(third, cache=tmp_path / "tokens") == SUCCEEDED  # other settings make other inputs
    assert len(tokenized) > before + 2 * SAMPLES


def test_rows_that_a_recipe_changed_are_other_rows(make_run, tmp_path):
    """The same file, once with the crowd's doubt as the target, once without."""
    doubt = {"cancel": 0.4, "track": 0.3, "refund": 0.3}
    rows = [dataclasses.replace(row, soft=doubt) for row in choice_rows(12)]

    def trained(name, targets, cache):
        settings = {"field": CHOICE_FIELD, "targets": targets, "dropout": 0.0}
        folder = make_run(name, train=rows, dev=choice_rows(6), **settings)
        assert fit(folder, cache=cache) == SUCCEEDED
        return losses(folder)

    first = trained("soft", "soft", tmp_path / "tokens")
    assert trained("hard", "hard", tmp_path / "tokens") == trained("alone", "hard", None) != first


def test_other_rows_are_other_inputs(make_run, tmp_path, tokenized):
    made = []
    for name, count in (("a", 12), ("b", 15)):
        rows = choice_rows(count)
        folder = make_run(name, train=rows, dev=choice_rows(6), field=CHOICE_FIELD)
        assert fit(folder, cache=tmp_path / "tokens") == SUCCEEDED
        made.append(len(tokenized))
    assert made[0] < made[1] < 2 * made[0]  # dev (and the absent test) rows are the same
