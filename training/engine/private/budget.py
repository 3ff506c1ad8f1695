"""How much privacy a run spends, and how much noise a budget asks for.

One step releases the sum of clipped gradients with Gaussian noise of `noise` times the clipping norm, over
units that were each drawn with probability `rate`: the sampled Gaussian mechanism (Abadi et al. 2016, "Deep
Learning with Differential Privacy"). What many steps spend together is what opacus' accountants say: that by
privacy loss distributions (Gopi et al. 2021, "Numerical Composition of Differential Privacy"), or by Renyi
divergences (Mironov et al. 2019) where the first cannot be worked out. Neighbours differ by one whole unit,
added or removed.
"""

from dataclasses import dataclass

from opacus.accountants import PRVAccountant, RDPAccountant
from opacus.accountants.utils import get_noise_multiplier

from training.engine.errors import EngineError

_SAFE_SHARE = 10  # delta is by default one tenth of one in the number of units


@dataclass(frozen=True, slots=True)
class Spent:
    """epsilon at some delta, and which accountant says so."""

    epsilon: float
    accountant: str


def usual_delta(units: int) -> float:
    """1 / (10 U): well below the chance of publishing one of U units outright."""
    return 1.0 / (_SAFE_SHARE * units)


def spent(*, noise: float, rate: float, steps: int, delta: float) -> Spent:
    """What `steps` steps cost together; nothing before the first."""
    if not steps:
        return Spent(0.0, "prv")
    for kind, accountant in (("prv", PRVAccountant()), ("rdp", RDPAccountant())):
        accountant.history = [(noise, rate, steps)]
        try:
            found = float(accountant.get_epsilon(delta=delta))
        except (ValueError, RuntimeError, OverflowError, MemoryError):
            continue  # noise so small, or so large, that the first one's grid does not fit
        if found >= 0:
            return Spent(found, kind)
    raise EngineError("What this run spends cannot be worked out; use more noise (dp_noise_multiplier).")


def noise_for(epsilon: float, *, rate: float, steps: int, delta: float) -> float:
    """The least noise multiplier with which `steps` steps stay within epsilon. EngineError when none does."""
    try:
        found = get_noise_multiplier(
            target_epsilon=epsilon, target_delta=delta, sample_rate=rate, steps=steps, accountant="rdp",
            epsilon_tolerance=min(0.01, epsilon / 20),
        )  # fmt: skip
    except (ValueError, RuntimeError, OverflowError) as error:
        raise EngineError(
            f"No noise keeps {steps} steps within epsilon {epsilon:g} at delta {delta:g}; "
            "allow more, train fewer epochs, or gather more conversations."
        ) from error
    return _less(float(found), epsilon, rate=rate, steps=steps, delta=delta)


def _less(noise: float, epsilon: float, *, rate: float, steps: int, delta: float) -> float:
    """The Renyi bound is loose: go down from it as far as the tighter accountant allows, by bisection."""
    low, high = noise / 2, noise
    for _ in range(7):
        middle = (low + high) / 2
        if spent(noise=middle, rate=rate, steps=steps, delta=delta).epsilon <= epsilon:
            high = middle
        else:
            low = middle
    return high
