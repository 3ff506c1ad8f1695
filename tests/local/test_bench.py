"""Each bench runs, names its figures as others rely on them, and finds no fault."""

import json

import pytest

from local.bench.command import Settings, measure, table

# crowd-kit's spellings that pandas will drop one day are not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
FIGURES = {
    "assign": {
        "pairs_per_second",
        "claim_p50_ms",
        "claim_p95_ms",
        "submit_p50_ms",
        "submit_p95_ms",
        "over_assigned",
        "duplicated",
        "lost",
        "share_of_sql_limit",
        *(f"{name}_p99_ms" for name in ("claim", "submit")),
        *(f"cpu_{part}_ms_per_pair" for part in ("database", "queue", "web", "background", "load")),
    },
    "import": {
        "seconds",
        "items",
        "findings",
        "items_per_second",
        "peak_mb",
        "clean_turns_per_second",
        "clean_turns_per_second_all_kinds",
        "redacted_turns_per_second",
        "presidio_turns_per_second",
        "turns_with_findings_share",
    },
    "export": {
        "seconds",
        "answers",
        "first_byte_ms",
        "peak_mb",
        "grown_mb",
        "others_p95_ms",
        *(
            f"{form}_{what}"
            for form in ("jsonl", "csv", "conll", "label_studio", "hf")
            for what in ("seconds", "first_byte_ms", "mb")
        ),
    },
    "serve": {
        "requests_per_second",
        "one_by_one",
        "ratio",
        "p95_ms",
        "p95_ms_alone",
        *(
            f"{name}_{when}"
            for when in ("together", "alone")
            for name in (
                "p50_ms",
                "refused",
                "texts_per_pass",
                *(f"cpu_{part}_ms" for part in ("database", "queue", "web", "background", "load")),
                *(
                    f"{part}_ms"
                    for part in ("redact", "answer", "database", "load", "queue", "tokenize", "forward")
                ),
            )
        ),
    },
    "train": {
        "ratio_plain",
        "ratio_trainer",
        "padding_share",
        *(
            f"{what}_{name}"
            for name in ("plain", "trainer", "ours")
            for what in ("tokens_per_second", "f1", "seconds", "cpu_seconds", "peak_mb", "padding_share")
        ),
    },
    "snapshot": {
        *(
            f"{which}{name}"
            for which in ("", "tenth_")
            for name in ("seconds", "peak_mb", "base_mb", "rows", "joined")
        ),
        "grown_mb",
    },
    "consensus": {
        "seconds",
        "reference_seconds",
        "ratio",
        "agreement_with_reference",
        "seconds_full_fit",
        "adaptive_saved",
        "adaptive_saved_low",
        "adaptive_saved_high",
        "adaptive_answers",
        "adaptive_accuracy",
        "adaptive_stated",
        "vote_of_five_accuracy",
    },
}


@pytest.mark.parametrize("name", FIGURES)
def test_it_prints_the_figures_that_were_promised(name: str) -> None:
    few = name == "train"  # each of its three contestants takes a while
    settings = Settings(items=30 if few else 600, annotators=6, seconds=2.0, epochs=1 if few else None)
    report = measure(name, settings)
    assert set(report) == {"name", "settings", "figures"}
    assert set(report["figures"]) == FIGURES[name]
    assert json.loads(json.dumps(report)) == report
    figures = report["figures"]
    if name == "assign":
        assert (figures["over_assigned"], figures["duplicated"], figures["lost"]) == (0, 0, 0)
        assert figures["pairs_per_second"] > 0
    elif name == "import":
        assert figures["items"] == 600 and figures["findings"] > 100
    elif name == "serve":
        assert figures["ratio"] > 1 and figures["refused_together"] == 0
    elif name == "export":
        assert figures["answers"] == 1800
    elif name == "snapshot":
        assert (figures["rows"], figures["joined"]) == (600, 24) and figures["grown_mb"] < 50
    elif name == "train":
        assert figures["ratio_plain"] > 1
        assert figures["padding_share"] <= 0.05 < figures["padding_share_plain"]
    else:
        assert figures["agreement_with_reference"] > 0.9


def test_a_figure_may_be_words() -> None:
    printed = table({"name": "leak", "figures": {"secrets": 1500, "where": "{}"}})
    assert "1,500" in printed and printed.endswith("{}")
