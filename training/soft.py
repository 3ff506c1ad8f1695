"""What the crowd was unsure about, in the engine's form of soft targets. Pure."""

from collections.abc import Mapping
from typing import Any

from tasks_app.fields.base import WHOLE, Field, Posteriors

# Above this the crowd is as good as certain: the value says the same in fewer bytes.
CERTAIN = 0.99


def soft_targets(field: Field, posteriors: Posteriors) -> dict[str, Any] | None:
    """`Row.soft` for a consensus, or None where the hard value says all (or the engine has no such form).

    Shares are rounded to four places, so that the last bit of a sum cannot make a second snapshot of the
    same data.
    """
    if getattr(field, "multi", False) or getattr(field, "overlapping", False):
        return None
    doubtful = {
        unit: {label: round(share, 4) for label, share in shares.items() if share >= 0.0001}
        for unit, shares in posteriors.items()
        if shares and max(shares.values()) < CERTAIN
    }
    if not doubtful:
        return None
    if field.type == "span":
        return _by_span(doubtful)
    if field.type in ("rank", "relation"):  # by what was compared or might be linked, as the crowd has it
        return dict(doubtful)
    return doubtful.get(WHOLE) if field.scope != "turn" else dict(doubtful)


def _by_span(doubtful: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """{"0": [[start, end, {tag: share}], ...]} in reading order from units such as "0:4:9"."""
    places = sorted(((*map(int, unit.split(":")),), shares) for unit, shares in doubtful.items())
    found: dict[str, Any] = {}
    for (turn, start, end), shares in places:
        found.setdefault(str(turn), []).append([start, end, dict(shares)])
    return found
