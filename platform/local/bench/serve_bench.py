"""Asking a model over HTTP: 32 programs at once against one that asks one question after another.

Both talk to the same web server (as `up` starts it) and to the same model, with one text of 20 tokens in each
request, a token, and a row in the database for each answer. "One by one" is what a single caller gets who
waits for each answer before the next question: nothing is switched off for it, and it waits for no company.
"""

import itertools
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.bench import usage
from local.bench.assign_bench import in_stack
from local.bench.callers import Caller, ask_for
from local.bench.command import Settings
from local.bench.served import TOKENS
from local.bench.stack import stack

CALLERS, SECONDS, WARM_UP = 32, 15.0, 4.0


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: requests a second, milliseconds, and where the milliseconds went."""
    number, seconds = settings.annotators or CALLERS, settings.seconds or SECONDS
    scratch = tempfile.TemporaryDirectory(prefix="manyhands-bench-")
    with scratch as folder, stack(Path(folder), workers=False) as site:
        made = in_stack(site, ["local.bench.served"])
        texts = itertools.cycle(made["texts"])
        callers = [Caller(site.url, made["model"], made["token"], texts) for _ in range(number)]
        ask_for(callers, min(WARM_UP, seconds))
        alone = _measure(callers[:1], seconds)
        together = _measure(callers, seconds)
    figures = {
        "requests_per_second": together["rate"],
        "one_by_one": alone["rate"],
        "ratio": round(together["rate"] / alone["rate"], 2),
        "p95_ms": together["p95_ms"],
        **{f"{name}_together": value for name, value in together.items() if name not in {"rate", "p95_ms"}},
        **{f"{name}_alone": value for name, value in alone.items() if name != "rate"},
    }
    return {"settings": {"callers": number, "seconds": seconds, "tokens": TOKENS}, "figures": figures}


def _measure(callers: Sequence[Caller], seconds: float) -> dict[str, float]:
    for one in callers:
        one.seconds.clear()
        one.timings.clear()
        one.refused = 0
    before = usage.seconds()
    took = ask_for(callers, seconds)
    after = usage.seconds()
    times = [1000 * second for one in callers for second in one.seconds]
    spent = {part: 1000 * (after[part] - before.get(part, 0.0)) / len(times) for part in after}
    named = [timing for one in callers for timing in one.timings]
    parts = {name: statistics.fmean(t.get(name, 0.0) for t in named) for name in (named[0] if named else {})}
    return {
        "rate": round(len(times) / took, 1),
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(statistics.quantiles(times, n=20, method="inclusive")[-1], 2),
        "refused": sum(one.refused for one in callers),
        "texts_per_pass": round(parts.pop("pass", 0.0), 1),
        **{f"{name}_ms": round(ms, 2) for name, ms in parts.items()},
        **{f"cpu_{part}_ms": round(ms, 2) for part, ms in spent.items()},
    }
