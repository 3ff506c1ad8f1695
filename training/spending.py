"""What private runs spend together: of several seeds the best is chosen, which looks at all of them."""

from collections.abc import Sequence
from typing import Any

Report = dict[str, Any]


def together(report: Report, others: Sequence[Report]) -> Report:
    """The report with `privacy.together`: {models, epsilon} of all models that were trained to give this one,
    itself among `others`. Unchanged without differential privacy.

    They have the same noise and draw from the same people, so that their steps add up as if one model had
    taken them all.
    """
    privacy = report.get("privacy")
    if not privacy:
        return report
    spent = _epsilon([part["privacy"] for part in others])
    return {**report, "privacy": {**privacy, "together": {"models": len(others), "epsilon": spent}}}


def _epsilon(parts: Sequence[dict[str, Any]]) -> float:
    from training.engine.private import budget  # noqa: PLC0415 - opacus takes seconds to load

    first = min(parts, key=lambda part: float(part["noise_multiplier"]))
    steps = sum(part["steps"] for part in parts)
    noise, rate, delta = (first[name] for name in ("noise_multiplier", "sample_rate", "delta"))
    return budget.spent(noise=noise, rate=rate, steps=steps, delta=delta).epsilon
