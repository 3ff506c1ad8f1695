"""What the crowd was unsure about, in the engine's form of soft targets. Pure."""

from collections.abc import Mapping
from typing import Any

from tasks_app.fields.base import WHOLE, Field, Posteriors
from tasks_app.fields.choice import YES

# Above this the crowd is as good as certain: the value says the same in fewer bytes.
CERTAIN = 0.99


def soft_targets(field: Field, posteriors: Posteriors) -> dict[str, Any] | None:
    """`Row.soft` for a consensus, or None where the hard value says all (or the engine has no such form).

    Shares are rounded to four places, so that the last bit of a sum cannot make a second snapshot of the
    same data.
    """
    if getattr(field, "overlapping", False):
        return None
    if getattr(field, "multi", False):
        return _by_label(field, posteriors)
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


def _by_label(field: Field, posteriors: Posteriors) -> dict[str, Any] | None:
    """{label: chance that it applies} of the whole item, or {"0": {label: chance}} by turn; of each place in
    which one label at least is in doubt, all its labels."""
    places: dict[str, dict[str, float]] = {}
    doubtful = set()
    for unit, shares in posteriors.items():
        place, _colon, label = unit.partition(":")
        places.setdefault(place, {})[label] = round(float(shares.get(YES, 0.0)), 4)
        if shares and max(shares.values()) < CERTAIN:
            doubtful.add(place)
    found = {place: places[place] for place in sorted(doubtful)}
    return found.get(WHOLE) if field.scope != "turn" else found or None


def _by_span(doubtful: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """{"0": [[start, end, {tag: share}], ...]} in reading order from units such as "0:4:9"."""
    places = sorted(((*map(int, unit.split(":")),), shares) for unit, shares in doubtful.items())
    found: dict[str, Any] = {}
    for (turn, start, end), shares in places:
        found.setdefault(str(turn), []).append([start, end, dict(shares)])
    return found
