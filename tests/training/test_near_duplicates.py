import random
import resource
from pathlib import Path

from training.near_duplicates import NEAR, cluster, jaccard, shingles

WORDS = [f"word{n}" for n in range(3000)]


def text(dice: random.Random, length: int = 60) -> str:
    return " ".join(dice.choices(WORDS, k=length))


def test_case_punctuation_and_width_do_not_count(tmp_path: Path) -> None:
    texts = [
        "Where is my parcel, please?",
        "where is MY parcel please",
        "Ｗｈｅｒｅ is my parcel: please!",
        "Else",
    ]
    assert cluster(texts, tmp_path).tolist() == [0, 0, 0, 3]


def test_scripts_without_spaces_are_cut_into_characters(tmp_path: Path) -> None:
    one = "您好我的快递还没有到请帮我查一下到底在哪里谢谢您了我等了三天"
    assert cluster([one, one + "。", one.replace("快递", "退款"), "请给我退款"], tmp_path).tolist() == [
        0,
        0,
        2,
        3,
    ]


def test_short_texts_are_the_same_only_word_by_word(tmp_path: Path) -> None:
    assert cluster(["Yes!", "yes", "no", "???", "???", "!!"], tmp_path).tolist() == [0, 0, 2, 3, 3, 5]


def test_changed_copies_are_found_and_others_are_not(tmp_path: Path) -> None:
    """Of 500 texts with a copy each in which one word of sixty is another, every pair and nothing else."""
    dice = random.Random(3)  # noqa: S311
    originals = [text(dice) for _ in range(500)]
    copies = [entry.replace(entry.split()[30], "changed", 1) for entry in originals]
    found = cluster([*originals, *copies], tmp_path).tolist()
    assert found == [*range(500), *range(500)]


def test_half_the_words_in_common_is_no_duplicate(tmp_path: Path) -> None:
    dice = random.Random(4)  # noqa: S311
    shared = text(dice, 30)
    texts = [f"{shared} {text(dice, 30)}" for _ in range(50)]
    assert jaccard(shingles(texts[0]), shingles(texts[1])) < NEAR
    assert cluster(texts, tmp_path).tolist() == list(range(50))


def test_a_thousand_of_the_same_are_one_cluster(tmp_path: Path) -> None:
    assert set(cluster(["Thank you, that is all."] * 1000, tmp_path).tolist()) == {0}


def test_the_first_is_the_root_in_whatever_order(tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311
    texts = [text(dice) for _ in range(20)] * 3
    found = cluster(texts, tmp_path).tolist()
    assert found == [*range(20)] * 3


def test_memory_hardly_grows(tmp_path: Path) -> None:
    dice = random.Random(6)  # noqa: S311
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cluster((text(dice, 20) for _ in range(20_000)), tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kilobytes
