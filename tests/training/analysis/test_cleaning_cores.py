"""What can be told of texts without a database: language, damage, repeats, outliers."""

from pathlib import Path

import numpy as np
import pytest

from training.analysis.encoding import damage_of, repaired
from training.analysis.languages import is_among, language_of
from training.analysis.outliers import spreads
from training.analysis.repeats import LEAST, Firsts, Recurring, key_of
from training.near_duplicates import Sketches, words_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is my parcel that you sent last week?", "en"),
        ("Guten Tag, wo ist mein Paket, das Sie letzte Woche geschickt haben?", "de"),
        ("您好，我上周下单的包裹到现在还没有收到，请帮我查一下物流。", "zh"),
        ("ok", ""),  # too short to tell anything
        ("thanks", ""),
        ("[EMAIL_1] [IBAN_1] [PHONE_1]", ""),  # placeholders are no language
        ("", ""),
    ],
)
def test_a_language_is_told_or_not_told(text: str, code: str) -> None:
    found, sureness = language_of(text, sure=0.9)
    assert found == code and 0.0 <= sureness <= 1.0 + 1e-6


def test_regions_and_scripts_are_the_same_language() -> None:
    assert is_among("en", ["en-GB"]) and is_among("zh", ["fr", "zh_Hans"]) and not is_among("de", ["en"])


@pytest.mark.parametrize(
    ("text", "kind", "repair"),
    [
        ("Das ist schÃ¶n, cafÃ© an der Ecke", "mojibake", "Das ist schön, café an der Ecke"),
        ("å¥½çš„ï¼Œè°¢è°¢", "mojibake", "好的，谢谢"),
        ("the price is 5 \ufffd", "replacement", "the price is 5 \ufffd"),
        ("a\x07bell", "control", "abell"),
        ("Das ist schön, café “quoted” – fine", "", "Das ist schön, café “quoted” – fine"),
        ("好的，谢谢您。", "", "好的，谢谢您。"),
        ("plain\nand\ttabbed", "", "plain\nand\ttabbed"),
    ],
)
def test_encoding_damage_is_named_with_a_repair(text: str, kind: str, repair: str) -> None:
    assert (damage_of(text), repaired(text)) == (kind, repair)


def test_the_same_but_for_case_width_and_spaces_is_the_same() -> None:
    firsts = Firsts()
    assert [firsts.add(key_of(text)) for text in ("Hello  you", "other", "ｈELLO you\n")] == [0, 1, 0]


def test_a_turn_recurs_by_conversations_and_not_by_its_repeats_in_one() -> None:
    counted = Recurring()
    hello, once = key_of("Hello, how may I help?"), key_of("again")
    for number in range(20):
        counted.add([hello, hello, key_of(str(number))] if number < 10 else [key_of(str(number))])
    counted.add([once] * 50)
    assert counted.share(hello) == pytest.approx(10 / 21) and counted.share(once) == 0.0
    few = Recurring()
    for _number in range(LEAST - 1):
        few.add([hello])
    assert few.share(hello) == 0.0


def test_the_one_that_is_like_no_other_lies_far_out_and_every_time_as_far() -> None:
    dice = np.random.default_rng(3)
    middle = dice.normal(size=16)
    vectors = (middle + 0.2 * dice.normal(size=(3_000, 16))).astype(np.float32)
    vectors[1234] = -middle
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = spreads(vectors)
    assert found.argmax() == 1234 and found[1234] > 10
    assert np.array_equal(found, spreads(vectors)) and abs(np.median(found)) < 1e-9
    assert not spreads(vectors[:10]).any()  # among so few nothing is usual
    same = np.ones((50, 4), dtype=np.float32) / 2
    assert not spreads(same).any()


def test_how_alike_is_near_can_be_set(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(40)]
    other = [*words[:37], "x", "y", "z"]  # 35 of 41 runs of three words shared: 0.854
    for near, joined in ((0.8, True), (0.9, False)):
        with Sketches(tmp_path, near=near) as sketches:
            sketches.add(" ".join(words))
            sketches.add(" ".join(other))
            assert (sketches.clusters().tolist() == [0, 0]) is joined
            assert sketches.likeness(0, 1) == pytest.approx(35 / 41)
    assert words_of("两个字 and words") == ["两", "个", "字", "and", "words"]
